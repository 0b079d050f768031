"""Why a task stands still until a person acts."""

__all__ = ["HaltError"]


class HaltError(Exception):
    """Going on would lose something, and so would a restart.

    Nothing of the chunk in hand is committed. The process stays, unready, so that there is
    something to look at. The message says what is wrong, ``remedy`` what a person can do.
    """

    remedy: str
    passing = False
    """Whether it may pass by itself: then the task looks again now and then."""
