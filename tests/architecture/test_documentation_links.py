"""Links in the documentation lead somewhere."""

import re
from pathlib import Path

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|(?:src|href|srcset)=\"([^\"]+)\"")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


def anchors(text: str) -> set[str]:
    """The anchors that a Markdown page's headings give."""
    return {
        re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        for heading in HEADING.findall(FENCE.sub("", text))
    }


def broken(path: Path, text: str, root: Path) -> list[str]:
    """Every relative link of a page whose file or heading is missing."""
    found = []
    for link in (first or second for first, second in LINK.findall(FENCE.sub("", text))):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        missing = not target.exists() or not target.is_relative_to(root)
        if missing or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            found.append(f"{path.relative_to(root)}: {link}")
    return found


def test_every_link_between_pages_leads_to_a_file_and_a_heading(
    root: Path, files: list[Path]
) -> None:
    """No page points to a file or a heading that is not there."""
    pages = [path for path in files if path.suffix == ".md"]
    assert pages
    assert [
        link for page in pages for link in broken(page, page.read_text(encoding="utf-8"), root)
    ] == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    """A missing file and a missing heading are both noticed; an outside address is left alone."""
    page = tmp_path / "page.md"
    other = tmp_path / "other.md"
    other.write_text("# There: it is\n", encoding="utf-8")
    text = (
        "[a](other.md#there-it-is) [b](other.md#gone) [c](missing.md) [d](https://example.com)"
        ' <img src="none.png">\n'
    )
    assert broken(page, text, tmp_path) == [
        "page.md: other.md#gone",
        "page.md: missing.md",
        "page.md: none.png",
    ]


def test_every_page_of_the_documentation_is_reachable(root: Path) -> None:
    """docs/README.md links to each page beside and below it."""
    index = (root / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {
        path.relative_to(root / "docs").as_posix() for path in (root / "docs").rglob("*.md")
    } - {"README.md"}
    assert {page for page in pages if f"({page})" not in index} == set()


def test_every_invariant_names_tests_that_exist(root: Path) -> None:
    """The page of invariants points to test functions that are there, and to marked places."""
    page = (root / "docs" / "invariants.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page)
    assert len(named) > 12
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (root / file).exists()
        or f"def {test}(" not in (root / file).read_text(encoding="utf-8")
    ]
    assert missing == []


def test_every_invariant_is_marked_where_it_is_enforced(root: Path) -> None:
    """Whoever changes such a place reads which promise stands on it."""
    page = (root / "docs" / "invariants.md").read_text(encoding="utf-8")
    places = [
        (number, place)
        for number, row in re.findall(r"^\| (\d+) \| .+? \| (.+?) \| .*$", page, re.MULTILINE)
        for place in re.findall(r"\]\(\.\./([\w/.]+)\)", row)
    ]
    assert {int(number) for number, _ in places} == set(range(1, 12))
    unmarked = [
        f"{number}: {place}"
        for number, place in places
        if not re.search(rf"Invariant {number}\b", (root / place).read_text(encoding="utf-8"))
    ]
    assert unmarked == []
