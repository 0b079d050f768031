import pytest
import structlog
from structlog.testing import capture_logs

from workers.observability.stuck import StuckDetector


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def detector(clock: Clock, ends: list[str]) -> StuckDetector:
    structlog.reset_defaults()
    return StuckDetector(120, monotonic=clock, end=lambda: ends.append("ended"))


def test_a_process_without_a_beat_is_ended_with_its_stacks_in_the_log() -> None:
    """After the limit without a beat the stacks of all threads are logged and the process ends."""
    clock, ends = Clock(), list[str]()
    watching = detector(clock, ends)
    clock.now += 121
    with capture_logs() as logs:
        watching.check()
        watching.check()
    assert ends == ["ended"]
    assert logs[0]["event"] == "process_stuck"
    assert "test_stuck_detector.py" in logs[0]["stacks"]


def test_a_process_whose_log_cannot_be_written_is_ended_too() -> None:
    """A full disk or a closed pipe does not keep a process that hangs."""

    def full(*_: object) -> str:
        raise OSError("no space left on device")

    clock, ends = Clock(), list[str]()
    watching = detector(clock, ends)
    clock.now += 121
    watching.check()
    structlog.configure(processors=[full])
    try:
        with pytest.raises(OSError, match="no space left"):
            watching.check()
    finally:
        structlog.reset_defaults()
    assert ends == ["ended"]


def test_a_process_that_beats_is_left_alone() -> None:
    """However long it runs, a process whose beats come in time is not ended."""
    clock, ends = Clock(), list[str]()
    watching = detector(clock, ends)
    for _ in range(10):
        clock.now += 100
        watching.check()
        watching.beat()
    assert ends == []


def test_a_process_that_was_stopped_as_a_whole_may_go_on() -> None:
    """A jump of the clock is forgiven when the next beat comes before the next check."""
    clock, ends = Clock(), list[str]()
    watching = detector(clock, ends)
    clock.now += 1_000
    watching.check()
    watching.beat()
    watching.check()
    assert ends == []


def test_the_watching_thread_ends_when_it_is_stopped() -> None:
    """Stopping the detector leaves no thread behind."""
    watching = detector(Clock(), [])
    watching.start()
    watching.stop()
    assert not watching._thread.is_alive()
