"""``python docs/generate``: the pages that are made from code. ``--check`` names stale ones."""

import sys
from pathlib import Path

import configuration_page
import data_page
import events_page
import metrics_page

DOCS = Path(__file__).parent.parent
PAGES = {
    "configuration.md": configuration_page.page,
    "data.md": data_page.page,
    "events.md": events_page.page,
    "metrics.md": metrics_page.page,
}


def main(arguments: list[str]) -> int:
    """0 when the pages are as they should be; 1 when ``--check`` finds stale ones."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python docs/generate [--check]\n")
        return 2
    outdated = 0
    for name, page in PAGES.items():
        path, text = DOCS / name, page()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        outdated += 1
        if arguments:
            sys.stderr.write(f"docs/{name} is stale: run make generate\n")
        else:
            path.write_text(text, encoding="utf-8", newline="\n")
            sys.stderr.write(f"wrote docs/{name}\n")
    return 1 if arguments and outdated else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
