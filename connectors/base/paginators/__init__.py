"""The four ways vendors page, each as a small value that says where the next page begins.

None of them calls anybody, and none follows an address that an answer contains: they take
the cursor, number or time out of it, so that credentials only ever go to the configured host.
"""

from connectors.base.paginators.cursor import CursorPages
from connectors.base.paginators.link_header import LinkPages
from connectors.base.paginators.page_number import NumberedPages
from connectors.base.paginators.time_window import TimePages, Window, windows

__all__ = ["CursorPages", "LinkPages", "NumberedPages", "TimePages", "Window", "windows"]
