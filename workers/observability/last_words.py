"""The end of a process that cannot end in order: what it has to say, if that can be said."""

import threading
from collections.abc import Callable

__all__ = ["end_telling"]

_TELL_SECONDS = 3.0


def end_telling(tell: Callable[[], None], end: Callable[[], None]) -> None:
    """Tell, then end; also where telling fails, as on a full disk, or hangs.

    It hangs where nobody reads the log: who is stuck may be so in writing to it.
    """
    late = threading.Timer(_TELL_SECONDS, end)
    late.daemon = True
    late.start()
    try:
        tell()
    finally:
        late.cancel()
        end()
