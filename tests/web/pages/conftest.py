"""Reading a page as a browser does."""

from dataclasses import dataclass
from html.parser import HTMLParser

import pytest


class Html(HTMLParser):
    """A page as a browser reads it: its elements, and the text in each."""

    VOID = frozenset({"meta", "link", "input", "br", "img", "hr", "path", "rect"})

    BLOCKS = frozenset(
        {"p", "li", "td", "th", "dt", "dd", "br", "h1", "h2", "h3", "article", "span"}
    )
    """Elements that stand apart from what is beside them."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in self.VOID:
            self._open.append(element)
        if tag in self.BLOCKS:
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        """Close the element, and whatever was left open in it."""
        while self._open and self._open.pop().tag != tag:
            pass
        if tag in self.BLOCKS:
            self.handle_data(" ")

    def handle_data(self, data: str) -> None:
        """Text belongs to every element that is open."""
        for element in self._open:
            element.text += data

    def all(self, tag: str = "", css: str = "") -> list["Element"]:
        """The elements of a tag, or with a class."""
        return [
            element
            for element in self.elements
            if (not tag or element.tag == tag)
            and (not css or css in element.attributes.get("class", "").split())
        ]

    def text(self, tag: str = "", css: str = "") -> str:
        """Text of the first such element, white space folded."""
        return " ".join(self.all(tag, css)[0].text.split())

    def texts(self, tag: str = "", css: str = "") -> list[str]:
        """Text of all such elements, white space folded."""
        return [" ".join(element.text.split()) for element in self.all(tag, css)]


@dataclass
class Element:
    """One element of a page."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


@pytest.fixture
def read_html() -> type[Html]:
    """Reads a page."""
    return Html
