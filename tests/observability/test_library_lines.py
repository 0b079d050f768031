"""What is let through of what libraries say."""

import logging

from workers.observability.noise import OncePerMinute


def line(name: str, msg: str, *args: object, level: int = logging.ERROR) -> logging.LogRecord:
    """A line of a library."""
    return logging.LogRecord(name, level, __file__, 1, msg, args, None)


def test_a_line_that_comes_hundreds_of_times_is_written_once_a_minute() -> None:
    """Whatever stands in its places; other kinds of line, and of other loggers, are not held up."""
    now = 1_000.0
    passes = OncePerMinute("aiokafka", "mode", clock=lambda: now).filter
    refused = "Unable to connect to node %s: %s"
    assert passes(line("aiokafka.client", refused, 1, "refused"))
    assert not passes(line("aiokafka.client", refused, 2, "reset"))
    assert passes(line("aiokafka.client", "Topic %s is unknown", "a"))
    assert passes(line("aiokafka.conn", refused, 1, "refused"))
    now += 59.0
    assert not passes(line("aiokafka.client", refused, 1, "refused"))
    now += 1.0
    assert passes(line("aiokafka.client", refused, 1, "refused"))


def test_what_we_say_and_what_is_critical_always_passes() -> None:
    """The bound is for libraries, and not for the end of a process."""
    passes = OncePerMinute("aiokafka", clock=lambda: 0.0).filter
    for _ in range(3):
        assert passes(line("workers.streaming.worker", "%s", "role"))
        assert passes(line("aiokafka.client", "out of memory", level=logging.CRITICAL))


def test_kinds_without_end_take_no_memory_without_end() -> None:
    """A library that puts values into its words makes a kind of each."""
    one = OncePerMinute("aiokafka", clock=lambda: 0.0)
    for number in range(5_000):
        assert one.filter(line("aiokafka", f"offset {number}"))
    assert len(one._told) <= 1_000
