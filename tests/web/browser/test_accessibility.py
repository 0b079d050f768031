"""Readable by everybody: contrast, names, order, in light and dark."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

CONTRAST = """() => {
  const parse = (text) => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const luminance = (color) => {
    const [r, g, b] = color.map((v) => {
      const s = v / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const color = parse(getComputedStyle(e).backgroundColor);
      if (color[3] > 0) layers.push(color);
      if (color[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
    if (element.closest('.unseen, .skip, script, option')) continue;
    const style = getComputedStyle(element);
    const below = ground(element);
    const ink = over(parse(style.color), below);
    const [light, dark] = [luminance(ink), luminance(below)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    found.push([ratio, large ? 3 : 4.5, walker.currentNode.textContent.trim().slice(0, 40)]);
  }
  return found;
}"""

STRUCTURE = """() => {
  const problems = [];
  const one = (selector) => {
    const n = document.querySelectorAll(selector).length;
    if (n !== 1) problems.push(`${n} of ${selector}`);
  };
  one('h1'); one('main'); one('header.top'); one('footer.foot'); one('nav[aria-label="Pages"]');
  if (document.documentElement.lang !== 'en') problems.push('no language');
  if (!document.title) problems.push('no title');
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  if (new Set(ids).size !== ids.length) problems.push('an id twice');
  for (const e of document.querySelectorAll('[aria-labelledby]')) {
    if (!document.getElementById(e.getAttribute('aria-labelledby'))) problems.push('a label lost');
  }
  for (const e of document.querySelectorAll('input:not([type=hidden]), select')) {
    if (!e.labels.length) problems.push(`no label: ${e.name}`);
  }
  for (const e of document.querySelectorAll('a, button, summary')) {
    if (!e.textContent.trim()) problems.push(`no name: ${e.outerHTML}`);
  }
  for (const e of document.querySelectorAll('a[target=_blank]')) {
    if (!e.relList.contains('noopener') || !e.relList.contains('noreferrer')) problems.push('rel');
    if (!e.textContent.includes('new tab')) problems.push('a new tab unannounced');
  }
  for (const e of document.querySelectorAll('table')) {
    if (!e.caption) problems.push('a table without caption');
    const heads = [...e.querySelectorAll('th')];
    if (!heads.every((head) => head.scope)) problems.push('a heading without scope');
  }
  let level = 0;
  for (const e of document.querySelectorAll('h1, h2, h3')) {
    const next = Number(e.tagName[1]);
    if (next > level + 1) problems.push(`from h${level} to h${next}: ${e.textContent}`);
    level = next;
  }
  for (const e of document.querySelectorAll('svg')) {
    if (e.getAttribute('aria-hidden') !== 'true') problems.push('an unnamed picture');
  }
  return problems;
}"""


def every_page(story: dict[str, str]) -> list[str]:
    """Every kind of page, problems included."""
    return [
        "/",
        "/?q=zzz",
        "/?owner=maya&kind=bug",
        "/?kind=nonsense",
        f"/item?id={story['item']}",
        f"/item?id={story['hostile']}",
        "/item?id=unknown",
        "/messages",
        "/sources",
        "/dead-letters",
        "/dead-letters?error_class=mapping&since=7d",
        f"/dead-letter?id={story['letter']}",
        f"/dead-letter?id={story['binary']}",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(
    pages: str, story: dict[str, str], browser: Browser, scheme: Any
) -> None:
    """WCAG 2.2 AA: 4.5 to 1 for text, 3 to 1 for large text, computed in the browser."""
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    grounds = set()
    for address in every_page(story):
        page.goto(pages + address)
        measured = page.evaluate(CONTRAST)
        assert len(measured) > 10
        assert [row for row in measured if row[0] < row[1]] == [], address
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    context.close()
    assert grounds == {"rgb(247, 247, 245)" if scheme == "light" else "rgb(17, 18, 21)"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_controls_stand_out_from_their_ground(
    pages: str, story: dict[str, str], browser: Browser, scheme: Any
) -> None:
    """WCAG 2.2 AA: the borders of fields and buttons have 3 to 1 against what is around them."""
    assert story
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(pages)
    ratios = page.evaluate(
        """() => {
          const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
          const luminance = (text) => {
            const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map(channel);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const ground = luminance(getComputedStyle(document.body).backgroundColor);
          return [...document.querySelectorAll('.filters input, .filters select, .filters button')]
            .map((e) => luminance(getComputedStyle(e).borderTopColor))
            .map((line) => (Math.max(line, ground) + 0.05) / (Math.min(line, ground) + 0.05));
        }"""
    )
    context.close()
    assert len(ratios) == 11
    assert min(ratios) >= 3


def test_pages_are_built_for_screen_readers(
    pages: str, story: dict[str, str], browser: Browser
) -> None:
    """One heading, landmarks, labels, captions, unique ids, named links, honest new tabs."""
    page = browser.new_page()
    for address in every_page(story):
        page.goto(pages + address)
        assert page.evaluate(STRUCTURE) == [], address
    page.close()


def test_every_item_is_an_article_with_a_name(
    pages: str, story: dict[str, str], browser: Browser
) -> None:
    """The accessibility tree names each item by its heading and says where it went."""
    assert story
    page: Page = browser.new_page()
    page.goto(pages)
    article = page.get_by_role("article", name="Charged twice for March")
    assert "Went to:" in article.text_content()
    assert page.get_by_role("navigation", name="Pages").count() == 1
    assert page.get_by_role("search").count() == 1
    page.close()
