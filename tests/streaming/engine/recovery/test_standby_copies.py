"""Which copies of states are kept, handed out, and thrown away."""

from pathlib import Path

import pytest

from tests.integration.streaming.counting_worker import Counting
from tests.integration.streaming.recording import RecordingWatch
from workers.streaming.engine.halts.memory import (
    UNBOUNDED,
    MemoryBound,
    MemoryExhaustedError,
    physical_bytes,
    resident_bytes,
    return_free_memory,
    share_of_limit,
)
from workers.streaming.engine.recovery.standby import Standby
from workers.streaming.engine.recovery.state import State
from workers.streaming.engine.role import Role

MIB = 1024 * 1024


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def standby(*, follows: bool = False, clock: Hands | None = None) -> tuple[Standby, RecordingWatch]:
    """Copies of a counting worker with four tasks."""
    watch = RecordingWatch()
    role = Role(Counting("copies"))
    return (
        Standby({}, role, follows=follows, memory=UNBOUNDED, watch=watch, clock=clock or Hands()),
        watch,
    )


def test_what_a_task_left_is_handed_back_once() -> None:
    """The copy goes to the task that takes it and is nobody else's afterwards."""
    copies, _ = standby()
    left: State[int] = State({"a": 1}, 7)
    copies.keep(2, left)
    assert copies.take(2) is left
    assert copies.take(2) is None


def test_what_others_own_is_forgotten_unless_it_is_followed() -> None:
    """Without standby copies only the states of own tasks outlive a rebalance."""
    copies, _ = standby()
    for partition in range(4):
        copies.keep(partition, State({"a": 1}, 7))
    copies.owned({1, 3})
    assert copies.rows == {1: 1, 3: 1}


def test_with_standby_copies_every_other_task_is_followed() -> None:
    """A kept state is the beginning of its copy; the others begin empty."""
    copies, _ = standby(follows=True)
    copies.keep(0, State({"a": 1}, 7))
    copies.owned({1})
    assert copies.rows == {0: 1, 2: 0, 3: 0}


def test_a_copy_too_old_to_know_of_all_deletions_is_not_handed_out() -> None:
    """An hour without being brought up to date is too long, a minute less is not."""
    clock = Hands()
    copies, _ = standby(clock=clock)
    copies.keep(0, State())
    copies.keep(1, State())
    clock.now = 3_540.0
    assert copies.take(0) is not None
    clock.now = 3_601.0
    assert copies.take(1) is None


def test_the_bound_names_what_is_taken_and_what_may_be() -> None:
    """Above the bound the halt says both figures, and its remedy names the setting."""
    used = 300 * MIB
    bound = MemoryBound(400 * MIB, lambda: used)
    bound.check("5 rows")
    assert not bound.reached
    used = 401 * MIB
    assert bound.reached
    with pytest.raises(MemoryExhaustedError, match=r"401 MiB of memory with 5 rows.* 400 MiB"):
        bound.check("5 rows")
    assert "PRODUCTOPS_MEMORY_LIMIT_MB" in MemoryExhaustedError.remedy


def test_copies_go_before_a_task_halts() -> None:
    """Over the bound copies are given up first, once; what was freed is used before a halt."""
    copies, watch = standby(follows=True)
    copies.owned({0})
    copies.keep(1, State({"a": 1}, 7))
    used = 401 * MIB
    bound = MemoryBound(400 * MIB, lambda: used, relieve=copies.give_up)
    bound.check("5 rows")
    assert (copies.rows, watch.standby_rows) == ({}, {})
    bound.check("6 rows")  # the system still counts what Python holds free
    used = 402 * MIB
    with pytest.raises(MemoryExhaustedError):
        bound.check("7 rows")
    copies.owned({0, 1})
    assert copies.rows == {}, "nothing is followed any more"


def test_without_copies_there_is_nothing_to_give_up() -> None:
    """An empty copy frees nothing: the task halts at once."""
    copies, _ = standby(follows=True)
    copies.owned({0})
    bound = MemoryBound(400 * MIB, lambda: 401 * MIB, relieve=copies.give_up)
    with pytest.raises(MemoryExhaustedError):
        bound.check("5 rows")


def test_this_process_takes_some_memory() -> None:
    """Resident memory is read from the system: between one MiB and all that the machine has."""
    physical = physical_bytes()
    assert physical is not None
    assert MIB < resident_bytes() < physical
    return_free_memory()
    assert resident_bytes() > MIB
    assert resident_bytes(Path("/nonexistent")) == 0


def test_resident_memory_is_the_second_number_of_the_system(tmp_path: Path) -> None:
    """The first is what was asked for, of which most may never have been touched."""
    statm = tmp_path / "statm"
    statm.write_text("300 20 10 1 0 5 0\n", encoding="ascii")
    assert resident_bytes(statm, page=4_096) == 20 * 4_096


@pytest.mark.parametrize(
    ("content", "share"),
    [("1000\n", 850), ("max\n", None), (f"{1 << 62}\n", None), (None, None)],
)
def test_the_default_bound_is_a_share_of_the_containers(
    content: str | None, share: int | None, tmp_path: Path
) -> None:
    """A limited container gives 85 % of its limit; otherwise the machine does, where it tells."""
    file = tmp_path / "memory.max"
    if content is not None:
        file.write_text(content, encoding="ascii")
    assert share_of_limit((tmp_path / "missing", file)) == share
    assert share_of_limit((tmp_path / "missing", file), physical=2_000) == (share or 1_700)
