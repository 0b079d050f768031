"""A message in Slack's blocks: limits, and nothing in it that a customer could set off."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.destinations.contract import Person
from connectors.destinations.slack_blocks import REPEAT_MARK, render
from schemas.notification import Fact, MessageRequested

Make = Callable[..., MessageRequested]

PEOPLE = {"ana": Person("Ana Costa", "U024BE7LH"), "bo": Person("Bo <!channel> Li")}
HOSTILE = (
    "<script>alert(1)</script> <!channel> <!here> <@U99999999> <https://evil.test|click> "
    "@channel @Here @everyone &lt;!channel&gt; \u202egnp.exe\u2066 a\u200bb <!subteam^S1>"
)


def texts(blocks: Any, kind: str | None = None) -> Iterator[str]:
    """Every text object's text, of one kind if given."""
    if isinstance(blocks, dict):
        if isinstance(blocks.get("text"), str) and kind in {None, blocks["type"]}:
            yield blocks["text"]
        for value in blocks.values():
            yield from texts(value, kind)
    elif isinstance(blocks, list):
        for value in blocks:
            yield from texts(value, kind)


def units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def check_limits(blocks: list[Any]) -> None:
    """Slack's documented limits, written down a second time, from its reference."""
    assert 1 <= len(blocks) <= 50
    for block in blocks:
        match block["type"]:
            case "header":
                assert block["text"]["type"] == "plain_text"
                assert 1 <= units(block["text"]["text"]) <= 150
            case "section":
                if "text" in block:
                    assert 1 <= units(block["text"]["text"]) <= 3_000
                for field in block.get("fields", []):
                    assert 1 <= units(field["text"]) <= 2_000
                assert len(block.get("fields", [])) <= 10
                assert "text" in block or block["fields"]
            case "context":
                assert 1 <= len(block["elements"]) <= 10
                assert all(1 <= units(one["text"]) <= 3_000 for one in block["elements"])
            case other:
                pytest.fail(f"unexpected block {other}")
    assert sum(units(text) for text in texts(blocks)) <= 9_500


def test_a_message_shows_title_person_words_facts_link_and_reason(make_message: Make) -> None:
    """The parts stand in this order; the reason is small print."""
    rendered = render(make_message(), PEOPLE, repeat=False)
    kinds = [block["type"] for block in rendered.blocks]
    assert kinds == ["header", "section", "section", "section", "section", "context"]
    header, mention, quote, facts, link, reason = rendered.blocks
    assert header["text"]["text"] == "Bug report in Billing: charged twice"
    assert mention["text"]["text"] == "For <@U024BE7LH>"
    assert quote["text"]["text"] == ">My card was charged twice.\n>Please help!"
    assert [field["text"] for field in facts["fields"]] == ["*Urgency*\nhigh"]
    assert link["text"]["text"] == (
        "<https://desk.example.com/tickets/35436?a=1&amp;b=2|Open in the tool>"
    )
    assert reason["elements"][0]["text"] == "Route: billing-bugs: kind = bug and area = billing"
    assert rendered.text == "Bug report in Billing: charged twice"
    check_limits(rendered.blocks)


def test_a_bare_message_is_a_title(make_message: Make) -> None:
    """Absent parts leave no empty block behind."""
    bare = make_message(body="", link=None, facts=(), mention=None)
    assert [block["type"] for block in render(bare, PEOPLE, repeat=False).blocks] == ["header"]


def test_customers_words_set_nothing_off(make_message: Make) -> None:
    """No mention, no call to the channel, no link and no mark-up comes out of a text."""
    message = make_message(
        title=HOSTILE[:150],
        body=HOSTILE,
        facts=(Fact(label="<b>", value=HOSTILE), Fact(label="Why", value=HOSTILE)),
        mention="bo",
        link=None,
    )
    rendered = render(message, PEOPLE, repeat=True)
    for text in [*texts(rendered.blocks, "mrkdwn"), rendered.text]:
        assert "<" not in text
        assert ">" not in text.replace("\n>", "").removeprefix(">")
        assert not re.search(r"@(channel|here|everyone)", text, re.IGNORECASE)
        assert "&amp;lt;!channel" in text or "&lt;!channel" in text or "channel" not in text
    everything = "".join(texts(rendered.blocks)) + rendered.text
    assert not set("\u202e\u2066\u200b") & set(everything)


def test_slack_is_told_to_recognise_nothing_by_itself(make_message: Make) -> None:
    """Every mrkdwn text is verbatim, the header shows no emoji codes."""

    def objects(value: Any) -> Iterator[dict[str, Any]]:
        if isinstance(value, dict):
            if value.get("type") == "mrkdwn":
                yield value
            for each in value.values():
                yield from objects(each)
        elif isinstance(value, list):
            for each in value:
                yield from objects(each)

    rendered = render(make_message(), PEOPLE, repeat=True)
    assert all(one["verbatim"] is True for one in objects(rendered.blocks))
    assert rendered.blocks[0]["text"]["emoji"] is False


@pytest.mark.parametrize(
    ("mention", "shown"),
    [
        ("ana", "For <@U024BE7LH>"),
        ("bo", "For Bo &lt;!channel&gt; Li"),
        ("gone", "For gone"),
    ],
)
def test_a_person_without_a_slack_id_is_named(make_message: Make, mention: str, shown: str) -> None:
    """A mention needs a member id; otherwise the name stands there, harmless."""
    rendered = render(make_message(mention=mention), PEOPLE, repeat=False)
    assert rendered.blocks[1]["text"]["text"] == shown


def test_a_lying_member_id_makes_no_mention(make_message: Make) -> None:
    """Only the form of a member id becomes a mention."""
    people = {"ana": Person("Ana", "!channel")}
    rendered = render(make_message(mention="ana"), people, repeat=False)
    assert rendered.blocks[1]["text"]["text"] == "For Ana"


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,hello",
        "https://",
        "no address",
        "https://desk.example.com/" + "a" * 2_020,
    ],
)
def test_what_is_no_web_address_is_no_link(make_message: Make, link: str) -> None:
    """A link that cannot be opened safely is left out."""
    rendered = render(make_message(link=link), PEOPLE, repeat=False)
    assert not any("Open in the tool" in text for text in texts(rendered.blocks))


def test_a_link_cannot_break_out_of_its_brackets(make_message: Make) -> None:
    """Brackets, bars and spaces in an address are encoded."""
    hostile = "https://desk.example.com/a|b><!channel> c?d=<e>"
    rendered = render(make_message(link=hostile), PEOPLE, repeat=False)
    (link,) = (text for text in texts(rendered.blocks) if "Open in the tool" in text)
    target = link.removeprefix("<").removesuffix("|Open in the tool>")
    assert target.startswith("https://desk.example.com/a%7Cb%3E%3C!channel%3E%20c?d=")
    assert not set("<>| ") & set(target)


def test_a_repeat_is_marked_where_everybody_sees_it(make_message: Make) -> None:
    """In the title, in the notification and in the small print, however long the title is."""
    for title in ("Short", "x" * 150, "😀" * 150):
        rendered = render(make_message(title=title), PEOPLE, repeat=True)
        assert rendered.text.endswith(REPEAT_MARK)
        assert rendered.blocks[0]["text"]["text"].endswith(REPEAT_MARK)
        assert "May be a repeat" in rendered.blocks[-1]["elements"][-1]["text"]
        check_limits(rendered.blocks)


def test_facts_beyond_ten_are_counted(make_message: Make) -> None:
    """A section takes ten fields; the last says how many are missing."""
    facts = tuple(Fact(label=f"L{number}", value="v") for number in range(14))
    rendered = render(make_message(facts=facts), PEOPLE, repeat=False)
    fields = next(block["fields"] for block in rendered.blocks if "fields" in block)
    assert len(fields) == 10
    assert fields[-1]["text"] == "and 5 more facts"


def test_an_escaped_text_is_never_cut_within_an_entity(make_message: Make) -> None:
    """Two thousand ampersands become a text within the limit, of whole entities."""
    rendered = render(make_message(body="&" * 2_000), PEOPLE, repeat=False)
    quote = rendered.blocks[2]["text"]["text"]
    assert re.fullmatch(r">(&amp;)+…", quote)
    check_limits(rendered.blocks)


def test_the_longest_message_that_can_be_asked_for_fits(make_message: Make) -> None:
    """Every part at its limit, of the characters that grow most when escaped."""
    facts = [Fact(label="&" * 64, value="&" * 256) for _ in range(10)]
    reasons = [Fact(label="Route", value="&" * 256), Fact(label="Why", value="&" * 256)]
    message = make_message(
        title="&" * 150,
        body="&" * 2_000,
        facts=(*facts, *reasons),
        link="https://desk.example.com/" + "a" * 1_900,
        mention="m" * 64,
    )
    rendered = render(message, PEOPLE, repeat=True)
    check_limits(rendered.blocks)
    assert [block["type"] for block in rendered.blocks].count("section") == 4


_words = st.text(st.characters(codec="utf-8") | st.sampled_from("&<>\n@😀\u202e"), max_size=2_000)


@given(
    title=_words.filter(bool).map(lambda text: text[:150]),
    body=_words,
    facts=st.lists(
        st.builds(
            Fact,
            label=_words.map(lambda text: text[:64]) | st.just("Route"),
            value=_words.map(lambda text: text[:256]),
        ),
        max_size=12,
    ),
    link=st.none() | _words.map(lambda text: f"https://desk.example.com/{text}"[:2_048]),
    repeat=st.booleans(),
)
def test_any_message_stays_within_slacks_limits_and_is_harmless(
    title: str, body: str, facts: list[Fact], link: str | None, *, repeat: bool
) -> None:
    """Whatever the words, the blocks are valid, and raw brackets are only ours."""
    message = MessageRequested(
        message_id="m",
        receiver="r",
        title=title,
        body=body,
        link=link,
        facts=tuple(facts),
        mention="ana",
        about="i",
    )
    rendered = render(message, PEOPLE, repeat=repeat)
    check_limits(rendered.blocks)
    assert rendered.text
    assert units(rendered.text) <= 320
    for text in texts(rendered.blocks, "mrkdwn"):
        ours = text.removeprefix("For <@U024BE7LH>")
        ours = re.sub(r"^<https://[^<>|\s]+\|Open in the tool>$", "", ours)
        assert "<" not in ours
