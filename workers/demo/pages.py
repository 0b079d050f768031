"""Which items the pages list, read through the JSON beside them."""

from urllib.parse import urlencode

from workers.demo.loopback import get_json

__all__ = ["items_on_page"]

_MAX_PAGES = 500


def items_on_page(base: str) -> set[str]:
    """Item ids of the whole inbox, page after page; raises ``OSError`` and ``ValueError``."""
    found: set[str] = set()
    after: str | None = None
    for _ in range(_MAX_PAGES):
        query = f"?{urlencode({'after': after})}" if after else ""
        page = get_json(f"{base}/api/items{query}")
        found |= {item["item_id"] for item in page["items"]}
        after = page["older"]
        if after is None:
            return found
    raise ValueError(f"the inbox has more than {_MAX_PAGES} pages")
