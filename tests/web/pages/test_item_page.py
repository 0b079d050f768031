"""One item: why it went where it went."""

from datetime import timedelta
from typing import Any

import httpx

from schemas.feedback import Customer, Kind, Match, Part, Score, Target, Urgency


async def look(browse: httpx.AsyncClient, read_html: Any) -> Any:
    """The page of the first ticket."""
    return read_html((await browse.get("/item?id=support:ticket:1")).text)


async def test_every_label_stands_with_its_evidence(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """Label, matched words or signal, and rule; also what spoke for another label."""
    scribe.received(text="It crashed and I was charged twice")
    scribe.classified(
        urgency=Urgency.HIGH,
        matches=(
            Match(label="kind=bug", rule="en.bug.crash", words=("crashed",)),
            Match(label="kind=bug", rule="en.bug.charge", words=("charged twice",)),
            Match(label="urgency=high", rule="signal.score", reason="score 2 of 10"),
            Match(label="kind=complaint", rule="en.complaint", words=("charged",)),
        ),
    )
    page = await look(browse, read_html)
    rows = [row for row in page.texts("tr") if row != "Label Because of Rule"]
    # what was outweighed is named, but not marked in the text
    assert [e.text for e in page.all("mark")][-2:] == ["crashed", "charged twice"]
    assert rows == [
        "Kind Bug crashed en.bug.crash",
        "Kind Bug charged twice en.bug.charge",
        "Area Billing Its words occur.",
        "Urgency High score 2 of 10 signal.score",
        "Sentiment Negative From the tone of the whole text.",
        "Language English Recognised from the text.",
        "Kind Complaint charged en.complaint",
    ]


async def test_the_route_stands_with_its_conditions(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """Every target: receiver, route and each condition that held."""
    scribe.received()
    scribe.classified()
    scribe.routed(
        targets=(
            Target(
                receiver="payments-slack", route="billing", reason="kind = bug and area = billing"
            ),
            Target(receiver="audit", route="route.routes[3]", reason='text =~ "this and that"'),
        )
    )
    page = await look(browse, read_html)
    assert page.text(css="verdict") == (
        "It went to Maya Lindqvist (Payments) through payments-slack because kind = bug and "
        'area = billing, and through audit because text =~ "this and that".'
    )
    assert [e.text for e in page.all("code")][-7:] == [
        "payments-slack",
        "billing",
        "kind = bug",
        "area = billing",
        "audit",
        "route.routes[3]",
        'text =~ "this and that"',
    ]


async def test_each_message_stands_with_how_it_ended(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """Delivered, failed with the remedy, repeated, and still under way."""
    scribe.received()
    scribe.classified()
    scribe.routed()
    for number in range(3):
        scribe.requested(f"m{number}", at=scribe.now + timedelta(seconds=number))
    scribe.settled("m0", repeated=True)
    scribe.settled("m1", outcome="failed", attempts=5, reason="Invite the bot to #billing.")
    page = await look(browse, read_html)
    steps = [text for text in page.texts("li") if " to payments-slack" in text]
    assert steps[0].startswith("Delivered to payments-slack")
    assert "possibly twice" in steps[0]
    assert steps[1].startswith("Failed for good to payments-slack")
    assert "after 5 attempts" in steps[1]
    assert steps[1].endswith("Invite the bot to #billing.")
    assert steps[2].startswith("Under way")


async def test_history_is_told_apart(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """An item from before the system went live says that nobody was told."""
    scribe.received()
    scribe.classified()
    scribe.routed(announced=False, owner=None, team=None, reason="default: no other route took it")
    verdict = (await look(browse, read_html)).text(css="verdict")
    assert verdict.startswith("It went to nobody in particular through payments-slack because no")
    assert "Nobody was told" in verdict


async def test_an_item_on_its_way_says_what_is_missing(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """Received, then classified: each stage names the next one."""
    scribe.received()
    assert "waits to be classified" in (await look(browse, read_html)).text(css="verdict")
    scribe.classified()
    assert "waits to be routed" in (await look(browse, read_html)).text(css="verdict")


async def test_parts_and_facts_of_the_item_are_shown(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """The opening first, then what was added; customer, score, tags and the tool's fields."""
    facts_of_the_tool = {
        "customer": Customer(id="support:7", name="Dana Whitfield", organization_name="Harbour"),
        "tags": ("annual",),
        "attributes": {"priority": "high"},
        "url": "https://larkfield.zendesk.com/agent/tickets/1",
    }
    scribe.received(text="First words", **facts_of_the_tool)
    later = scribe.now + timedelta(minutes=1)
    scribe.received(text="Later words", part=Part.COMMENT, part_id="c1", at=later)
    rating = Score.of(2, 1, 5, "csat_1_5")
    scribe.received(text="", part=Part.RATING, part_id="r1", score=rating, at=later)
    # an edited opening is the newest version, and still the first part
    edited = scribe.now + timedelta(minutes=3)
    scribe.received(text="First words, edited", at=edited, **facts_of_the_tool)
    page = await look(browse, read_html)
    assert [e.text for e in page.all(css="text")] == ["First words, edited", "Later words", ""]
    facts = page.text(css="facts")
    for words in ("Dana Whitfield", "Harbour", "annual", "Priority high", "Score 2 of 5"):
        assert words in facts
    assert "Open in Zendesk" in facts


async def test_an_address_that_is_none_is_not_linked(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """A javascript: address of a tool is named as unusable and never linked."""
    scribe.received(url="javascript:alert(1)")
    answer = await browse.get("/item?id=support:ticket:1")
    assert "javascript:" not in answer.text
    assert "an address that is not a web address" in read_html(answer.text).text(css="facts")


async def test_an_item_with_very_many_parts_is_bounded(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """Sixty comments: fifty parts are shown, and the rest is counted."""
    scribe.received()
    for number in range(60):
        scribe.received(
            text=f"comment {number}",
            part=Part.COMMENT,
            part_id=f"c{number}",
            at=scribe.now + timedelta(seconds=number),
        )
    page = await look(browse, read_html)
    assert len(page.all(css="text")) == 50
    assert "11 further parts are not shown here; they stand in the tool." in page.texts(css="note")


async def test_an_item_without_a_subject_is_called_by_its_words(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """The heading is the beginning of the text, and without any text the item's id."""
    scribe.received(text="word " * 60)
    assert (await look(browse, read_html)).text("h1").endswith("word …")
    scribe.received("support:ticket:2", "")
    scribe.received("support:ticket:3", "", score=Score.of(7, 0, 10, "nps_0_10"))
    scribe.received("support:ticket:4", "", score=Score.of(0, 0, 1, "csat_good_bad"))
    for number, heading in (
        (2, "support:ticket:2"),
        (3, "Score 7 of 10, without words"),
        (4, "Rated bad, without words"),
    ):
        page = read_html((await browse.get(f"/item?id=support:ticket:{number}")).text)
        assert page.text("h1") == heading


async def test_ids_with_any_character_can_be_followed(
    scribe: Any, browse: httpx.AsyncClient, read_html: Any
) -> None:
    """The link in the inbox leads to the item, whatever the vendor calls it."""
    odd = "files:row:a b/../c?d=e&f#g%41"
    scribe.received(odd, subject="Odd")
    scribe.classified(odd, kind=Kind.QUESTION)
    inbox = read_html((await browse.get("/")).text)
    link = next(a for a in inbox.all("a") if "data-row-link" in a.attributes)
    page = read_html((await browse.get(link.attributes["href"])).text)
    assert page.text("h1") == "Odd"
    assert odd in page.text(css="facts")
