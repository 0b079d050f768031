"""Dead letters are replayed and dropped from their page, and from nowhere else."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from schemas.platform import ErrorClass, Origin, SettledAs, Settlement
from schemas.topics import RECEIVED
from workers.letters.choice import LetterFilter
from workers.letters.seam import Answer, LetterPlace, LettersError, Sweep

FORM = "application/x-www-form-urlencoded"


@dataclass
class Recorder:
    """Notes what it is asked to do, and answers what it was told."""

    answer: Answer | LettersError = field(default_factory=lambda: Answer(done=True))
    asked: list[tuple[str, LetterPlace]] = field(default_factory=list)
    forced: int = 0
    swept: Sweep = field(default_factory=lambda: Sweep(0))
    sweeps: list[tuple[str, LetterFilter, dict[str, Any]]] = field(default_factory=list)

    def replay(self, letter: LetterPlace, /, *, force: bool = False) -> Answer:
        """See ``LetterActions``."""
        self.forced += force
        return Answer(done=True) if force else self._note("replay", letter)

    def drop(self, letter: LetterPlace, /) -> Answer:
        """See ``LetterActions``."""
        return self._note("drop", letter)

    def replay_all(self, chosen: LetterFilter, /, **how: Any) -> Sweep:
        """See ``LetterActions``."""
        return self._sweep("replay", chosen, how)

    def drop_all(self, chosen: LetterFilter, /, **how: Any) -> Sweep:
        """See ``LetterActions``."""
        return self._sweep("drop", chosen, how)

    def _sweep(self, action: str, chosen: LetterFilter, how: dict[str, Any]) -> Sweep:
        self.sweeps.append((action, chosen, how))
        if isinstance(self.answer, LettersError):
            raise self.answer
        return self.swept

    def _note(self, action: str, letter: LetterPlace) -> Answer:
        self.asked.append((action, letter))
        if isinstance(self.answer, LettersError):
            raise self.answer
        return self.answer


@pytest.fixture
def recorder() -> Recorder:
    """What the pages act through."""
    return Recorder()


@pytest.fixture
async def acting(
    make_app: Callable[..., FastAPI], recorder: Recorder
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of pages that can act."""
    transport = httpx.ASGITransport(app=make_app(letters=recorder))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8800") as client:
        yield client


@pytest.fixture
def letter(scribe: Any) -> str:
    """A worker's letter with an id that needs quoting."""
    origin = Origin(topic=RECEIVED.name, partition=2, offset=41)
    name = "odd/id & +é\u200b"
    return str(scribe.dead("why", origin=origin, letter_id=name, error_class=ErrorClass.PROCESS))


def forms(page: Any) -> dict[str, dict[str, str]]:
    """Address of each form -> its hidden fields."""
    found: dict[str, dict[str, str]] = {}
    for element in page.elements:
        if element.tag == "form" and element.attributes.get("method") == "post":
            found[element.attributes["action"]] = fields = {}
        elif element.attributes.get("type") == "hidden" and found:
            fields[element.attributes["name"]] = element.attributes["value"]
    return found


async def filled(client: httpx.AsyncClient, read_html: Any, letter: str) -> Any:
    """The forms of a letter's page."""
    return forms(read_html((await client.get("/dead-letter", params={"id": letter})).text))


@pytest.mark.parametrize(("action", "done"), [("replay", "Replayed."), ("drop", "Dropped.")])
async def test_a_button_acts_on_the_letter_and_says_so(  # noqa: PLR0917 - fixtures
    acting: httpx.AsyncClient,
    recorder: Recorder,
    letter: str,
    read_html: Any,
    action: str,
    done: str,
) -> None:
    """The form as the page gave it reaches the letter, and the reader sees what happened."""
    fields = (await filled(acting, read_html, letter))[f"/dead-letter/{action}"]
    answer = await acting.post(f"/dead-letter/{action}", data=fields)
    place = LetterPlace(RECEIVED.dead_letters, 0, 1, "connectors", "odd/id & +é\u200b")
    assert recorder.asked == [(action, place)]
    assert answer.status_code == 303
    address = urlsplit(answer.headers["location"])
    assert address.netloc == ""
    assert parse_qs(address.query)["id"] == [letter]
    page = read_html((await acting.get(answer.headers["location"])).text)
    assert page.text(css="well").startswith(done)
    assert forms(page) == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://127.0.0.1:8800.evil.example"},
        {"content-type": "text/plain"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": ""},
    ],
)
async def test_a_form_of_another_site_does_nothing(
    acting: httpx.AsyncClient,
    recorder: Recorder,
    letter: str,
    read_html: Any,
    headers: dict[str, str],
) -> None:
    """Even with the right token: the browser says where a form comes from."""
    fields = (await filled(acting, read_html, letter))["/dead-letter/drop"]
    content = str(httpx.QueryParams(fields))
    answer = await acting.post(
        "/dead-letter/drop", content=content, headers={"content-type": FORM, **headers}
    )
    assert (answer.status_code, recorder.asked) == (403, [])
    assert "Nothing was done." in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin", "origin": "null"},
        {"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:8800"},
        {"origin": "null"},
        {"content-type": f"{FORM}; charset=utf-8"},
    ],
)
async def test_a_form_of_ours_is_taken(
    acting: httpx.AsyncClient,
    recorder: Recorder,
    letter: str,
    read_html: Any,
    headers: dict[str, str],
) -> None:
    """What browsers send with our own forms, or do not send at all, is accepted."""
    fields = (await filled(acting, read_html, letter))["/dead-letter/drop"]
    content = str(httpx.QueryParams(fields))
    answer = await acting.post(
        "/dead-letter/drop", content=content, headers={"content-type": FORM, **headers}
    )
    assert (answer.status_code, len(recorder.asked)) == (303, 1)


@pytest.mark.parametrize("token", [None, "", "guessed", "é" * 43])
async def test_without_the_pages_token_nothing_is_done(
    acting: httpx.AsyncClient, recorder: Recorder, letter: str, token: str | None
) -> None:
    """A form that somebody else made up is refused, and says how to get a good one."""
    fields = {"id": letter} | ({} if token is None else {"token": token})
    answer = await acting.post("/dead-letter/replay", data=fields)
    assert (answer.status_code, recorder.asked) == (403, [])
    assert "Open the page again" in answer.text


async def test_a_token_is_good_for_one_process(
    acting: httpx.AsyncClient,
    make_app: Callable[..., FastAPI],
    recorder: Recorder,
    letter: str,
    read_html: Any,
) -> None:
    """Pages that were started anew do not take the forms of the former ones."""
    fields = (await filled(acting, read_html, letter))["/dead-letter/drop"]
    transport = httpx.ASGITransport(app=make_app(letters=recorder))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8800") as other:
        answer = await other.post("/dead-letter/drop", data=fields)
    assert (answer.status_code, recorder.asked) == (403, [])


@pytest.mark.parametrize(
    "body", [b"x" * 20_000, b"&".join(b"a%d=1" % n for n in range(50)), b"\xff\xfe", b""]
)
async def test_a_bad_body_does_nothing(
    acting: httpx.AsyncClient, recorder: Recorder, letter: str, body: bytes
) -> None:
    """Too large, too many fields, not text, empty: refused without a crash."""
    del letter
    answer = await acting.post("/dead-letter/drop", content=body, headers={"content-type": FORM})
    assert (answer.status_code, recorder.asked) == (403, [])


async def test_a_form_over_the_bound_does_nothing(
    acting: httpx.AsyncClient, recorder: Recorder, letter: str, read_html: Any
) -> None:
    """However right the rest of it is: nobody fills our memory by one form."""
    fields = (await filled(acting, read_html, letter))["/dead-letter/drop"]
    answer = await acting.post("/dead-letter/drop", data={**fields, "more": "x" * 20_000})
    assert (answer.status_code, recorder.asked) == (403, [])
    assert "at most 16384 bytes" in answer.text


@pytest.mark.parametrize("unknown", ["nowhere", "", "%00", "a/b/c"])
async def test_an_unknown_letter_is_not_acted_on(
    acting: httpx.AsyncClient, recorder: Recorder, letter: str, read_html: Any, unknown: str
) -> None:
    """An id that the archive does not know leads nowhere."""
    fields = (await filled(acting, read_html, letter))["/dead-letter/drop"]
    answer = await acting.post("/dead-letter/drop", data={**fields, "id": unknown})
    assert (answer.status_code, recorder.asked) == (404, [])


@pytest.mark.parametrize(
    ("given", "status", "title"),
    [
        (Answer(done=False, text="It is <b>too old</b>."), 409, "It was not replayed"),
        (LettersError("no Kafka at <b>x</b>"), 503, "It could not be replayed"),
    ],
)
async def test_a_refusal_says_why(  # noqa: PLR0917 - fixtures
    acting: httpx.AsyncClient,
    recorder: Recorder,
    letter: str,
    read_html: Any,
    given: Answer | LettersError,
    status: int,
    title: str,
) -> None:
    """What Kafka or the decision says stands on the page, escaped."""
    recorder.answer = given
    fields = (await filled(acting, read_html, letter))["/dead-letter/replay"]
    answer = await acting.post("/dead-letter/replay", data=fields)
    page = read_html(answer.text)
    assert (answer.status_code, page.text("h1")) == (status, title)
    assert "<b>" in page.text(css="empty")
    assert page.all("b") == []


async def test_what_is_a_matter_of_judgement_can_be_done_anyway(
    acting: httpx.AsyncClient, recorder: Recorder, letter: str, read_html: Any
) -> None:
    """The refusal says why, and its button asks for the replay all the same."""
    recorder.answer = Answer(done=False, text="It is too old.", forceable=True)
    fields = (await filled(acting, read_html, letter))["/dead-letter/replay"]
    assert "force" not in fields
    refused = await acting.post("/dead-letter/replay", data=fields)
    page = read_html(refused.text)
    assert (refused.status_code, page.text("h1")) == (409, "It was not replayed")
    assert page.text(css="remedy") == "It is too old."
    assert "Replay anyway" in page.texts("button")
    again = forms(page)["/dead-letter/replay"]
    answer = await acting.post("/dead-letter/replay", data=again)
    assert (answer.status_code, recorder.forced) == (303, 1)
    assert "done=replayed" in answer.headers["location"]


async def test_what_was_dropped_by_mistake_can_be_replayed_anyway(
    scribe: Any, acting: httpx.AsyncClient, recorder: Recorder, read_html: Any
) -> None:
    """Only a record that was in Kafka, and not one that was replayed already."""
    origin = Origin(topic=RECEIVED.name, partition=2, offset=41)
    offered = {}
    for number, (how, where) in enumerate(
        [(SettledAs.DROPPED, origin), (SettledAs.REPLAYED, origin), (SettledAs.DROPPED, None)]
    ):
        given = {"letter_id": f"l{number}"} | ({"origin": where} if where else {})
        settled = Settlement(outcome=how, settled_at=scribe.now)
        made = scribe.dead("why", **given)
        scribe.dead("why", b"", settled=settled, **given)
        offered[how, where] = await filled(acting, read_html, made)
    fields = offered[SettledAs.DROPPED, origin]["/dead-letter/replay"]
    assert (await acting.post("/dead-letter/replay", data=fields)).status_code == 303
    assert recorder.forced == 1
    assert offered[SettledAs.REPLAYED, origin] == offered[SettledAs.DROPPED, None] == {}


async def test_without_kafka_there_are_no_buttons(
    browse: httpx.AsyncClient, letter: str, read_html: Any
) -> None:
    """Pages that have no Kafka only show, and the addresses of the forms are not there."""
    assert await filled(browse, read_html, letter) == {}
    for action in ("replay", "drop"):
        assert (await browse.post(f"/dead-letter/{action}")).status_code == 404


async def test_a_record_that_cannot_be_replayed_can_be_dropped(
    scribe: Any, acting: httpx.AsyncClient, read_html: Any
) -> None:
    """A connector's record, or a cut one: the page says why there is no button."""
    cut = Origin(topic=RECEIVED.name, partition=2, offset=41)
    for made, why in (
        (scribe.dead(), "its source reads it again"),
        (scribe.dead(origin=cut, letter_id="cut", truncated=True), "was cut"),
    ):
        page = read_html((await acting.get("/dead-letter", params={"id": made})).text)
        assert set(forms(page)) == {"/dead-letter/drop"}
        assert why in page.text(css="stack")


async def test_what_was_cut_and_dropped_offers_nothing(
    scribe: Any, acting: httpx.AsyncClient, read_html: Any
) -> None:
    """Whatever somebody insists on, the bytes are not all there."""
    given = {"letter_id": "cut", "origin": Origin(topic=RECEIVED.name, partition=2, offset=41)}
    made = scribe.dead("why", truncated=True, **given)
    settled = Settlement(outcome=SettledAs.DROPPED, settled_at=scribe.now)
    scribe.dead("why", b"", settled=settled, truncated=True, **given)
    assert await filled(acting, read_html, made) == {}


async def test_a_settled_letter_is_labelled_and_out_of_the_list(
    scribe: Any, acting: httpx.AsyncClient, read_html: Any
) -> None:
    """It can be found among all letters, says how it ended, and offers nothing."""
    settled = Settlement(outcome=SettledAs.DROPPED, settled_at=scribe.now)
    made = scribe.dead("dropped one", letter_id="one")
    scribe.dead("dropped one", b"", letter_id="one", settled=settled)
    scribe.dead("open one", letter_id="two")
    listed = (await acting.get("/dead-letters")).text
    assert "open one" in listed
    assert "dropped one" not in listed
    assert read_html(listed).text(css="quiet").startswith("1")
    every = read_html((await acting.get("/dead-letters", params={"settled": "1"})).text)
    assert "Dropped" in every.texts(css="plain")
    page = read_html((await acting.get("/dead-letter", params={"id": made})).text)
    assert page.text(css="well").startswith("Dropped now")
    assert forms(page) == {}
    assert '{"id": 7}' in page.text(css="raw")
    assert (await acting.get("/dead-letters", params={"settled": "x"})).status_code == 400
    data = (await acting.get("/api/dead-letters", params={"settled": "1"})).json()
    assert {row["settled_as"] for row in data["dead_letters"]} == {None, "dropped"}


async def test_the_address_of_a_form_leads_back_to_the_list(acting: httpx.AsyncClient) -> None:
    """Loading a refused form's address again asks nothing of anybody."""
    answer = await acting.get("/dead-letter/replay")
    assert (answer.status_code, answer.headers["location"]) == (303, "/dead-letters")
