"""A data set over its life: read, added to, replaced."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.base.errors import ConfigurationError
from connectors.base.registry import Progress
from connectors.files import Settings, make
from schemas.feedback import Channel, Part
from tests.connectors.files.reading_files import YESTERDAY, load, pull, texts, write
from tests.connectors.surroundings import NOW, events_in, ids_in, surroundings

ID = {"columns": {"id": "id"}}


async def test_a_row_becomes_an_item(tmp_path: Path) -> None:
    """Every mapped column has its place; constants fill what is empty."""
    write(
        tmp_path / "a.csv",
        "key,words,title,at,stars,who,mail,firm,plan,labels,link,lang,team\n"
        '9,Too slow,Search,03.02.2026 10:00,4,u7,Ann@firm.example,Firm,pro,"slow, search",'
        "https://x.example/9,,web\n",
    )
    events, dead = await load(
        tmp_path,
        "a.csv",
        columns={
            "id": "key",
            "text": "words",
            "subject": "title",
            "created_at": "at",
            "score": "stars",
            "customer_id": "who",
            "customer_email": "mail",
            "organization_name": "firm",
            "tier": "plan",
            "tags": "labels",
            "url": "link",
            "language": "lang",
            "attributes": {"squad": "team"},
        },
        constants={"language": "en", "product": "desktop"},
        score={"low": 1, "high": 5, "scale": "stars_1_5"},
        channel="survey",
        time_format="%d.%m.%Y %H:%M",
        time_zone="Europe/Berlin",
    )
    assert dead == []
    data = events[0].data
    assert data.item_id == "history:row:9"
    assert events[0].id.startswith("row/9/")
    assert (data.vendor, data.channel, data.part) == ("files", Channel.SURVEY, Part.OPENING)
    assert (data.subject, data.text, data.language) == ("Search", "Too slow", "en")
    assert data.created_at == datetime(2026, 2, 3, 9, 0, tzinfo=UTC)
    assert (data.score.raw, data.score.normalised) == (4.0, 0.75)
    assert data.customer.model_dump() == {
        "id": "history:customer:u7",
        "name": None,
        "email": "Ann@firm.example",
        "organization_id": None,
        "organization_name": "Firm",
        "tier": "pro",
    }
    assert data.tags == ("slow", "search")
    assert data.attributes == {"product": "desktop", "squad": "web"}
    assert data.url == "https://x.example/9"


async def test_a_mail_address_never_becomes_an_id(tmp_path: Path) -> None:
    """Ids are passed on to every topic; an address used as one is hashed, whatever its case."""
    write(tmp_path / "a.csv", "text,mail\na,Ann@firm.example\nb,ann@FIRM.example\n")
    events, _ = await load(tmp_path, "a.csv", columns={"customer_id": "mail"})
    ids = {event.data.customer.id for event in events}
    assert len(ids) == 1
    assert "@" not in ids.pop()


async def test_without_an_id_the_content_is_the_id(tmp_path: Path) -> None:
    """The same words twice are one item; with an id, other words are another version of it."""
    write(tmp_path / "a.csv", "text\nsame\nsame\nother\n")
    events, _ = await load(tmp_path, "a.csv")
    assert len(events) == 3
    assert len({event.id for event in events}) == 2
    digest = hashlib.sha256(b'{"attributes":{},"text":"same"}').hexdigest()[:32]
    assert events[0].id == f"row/{digest}/{digest}"
    write(tmp_path / "b.csv", "id,text\n1,before\n1,before\n1,after\n")
    events, _ = await load(tmp_path, "b.csv", **ID)
    assert len({event.data.item_id for event in events}) == 1
    assert len({event.id for event in events}) == 2


async def test_a_row_without_a_time_has_the_files_time(tmp_path: Path) -> None:
    """The ids do not change with it."""
    write(tmp_path / "a.csv", "id,text\n1,x\n")
    first, _ = await load(tmp_path, "a.csv", **ID)
    assert first[0].data.created_at == first[0].time == YESTERDAY
    write(tmp_path / "a.csv", "id,text\n1,x\n", YESTERDAY - timedelta(days=5))
    second, _ = await load(tmp_path, "a.csv", **ID)
    assert second[0].time == YESTERDAY - timedelta(days=5)
    assert second[0].id == first[0].id
    write(tmp_path / "a.csv", "id,text\n1,x\n", NOW + timedelta(days=300))
    third, _ = await load(tmp_path, "a.csv", **ID)
    assert third[0].time == NOW


@pytest.mark.parametrize("score", ["-1", "6", "nan", "many", "1e999"])
async def test_a_score_outside_its_scale_is_put_aside(tmp_path: Path, score: str) -> None:
    """The reason names the scale and not the value."""
    write(tmp_path / "a.csv", f"text,stars\nfine,5\nbad,{score}\nnone,\n")
    events, dead = await load(
        tmp_path,
        "a.csv",
        columns={"score": "stars"},
        score={"low": 1, "high": 5, "scale": "stars_1_5"},
    )
    assert texts(events) == ["fine", "none"]
    assert [record.message for record in dead] == ["a.csv:3: the score is no number from 1 to 5"]


async def test_rows_added_later_are_all_that_is_read_later(tmp_path: Path) -> None:
    """Reading goes on at the byte it stopped at, and line numbers go on as well."""
    write(tmp_path / "a.csv", "id,text\n1,x\n2,y\n")
    first = await pull(tmp_path, "a.csv", **ID)
    assert await pull(tmp_path, "a.csv", first[-1].checkpoint, **ID) == []
    write(tmp_path / "a.csv", "id,text\n1,x\n2,y\n3,z\nbad\n", NOW - timedelta(hours=2))
    second = await pull(tmp_path, "a.csv", first[-1].checkpoint, **ID)
    assert texts(events_in(second)) == ["z"]
    assert [record.record_id for record in second[0].dead] == ["a.csv:5"]


@pytest.mark.parametrize(
    "replaced",
    [
        "id,text\n1,X\n2,y\n",
        "id,text\n1,x\n",
        "id,text\n1,x\n2,Y\n3,z\n",
        "id,text\n0,x\n2,y\n3,z\n",
    ],
    ids=["same size", "shorter", "changed end and longer", "changed head and longer"],
)
async def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path, replaced: str) -> None:
    """Rows that were there before have the ids they had."""
    write(tmp_path / "a.csv", "id,text\n1,x\n2,y\n")
    first = await pull(tmp_path, "a.csv", **ID)
    write(tmp_path / "a.csv", replaced, NOW - timedelta(hours=2))
    second = await pull(tmp_path, "a.csv", first[-1].checkpoint, **ID)
    assert len(ids_in(second)) == replaced.count("\n") - 1
    kept = {row for row in ("1,x", "2,y") if row in replaced}
    assert len(set(ids_in(first)) & set(ids_in(second))) == len(kept)


@pytest.mark.parametrize("changed", [10, 90_000], ids=["at its beginning", "before the bookmark"])
async def test_a_large_file_is_known_by_its_beginning_and_by_what_was_read_last(
    tmp_path: Path, changed: int
) -> None:
    """A change at either place, in a file that grew as well, reads it anew."""
    content = bytearray(b"id,text\n" + b"".join(b"%06d,words\n" % n for n in range(7_000)))
    write(tmp_path / "a.csv", bytes(content))
    first = await pull(tmp_path, "a.csv", **ID)
    line = content.index(b"words", min(changed, len(content) - 20))
    content[line : line + 5] = b"WORDS"
    write(tmp_path / "a.csv", bytes(content) + b"9,more\n", NOW - timedelta(hours=2))
    assert len(ids_in(await pull(tmp_path, "a.csv", first[-1].checkpoint, **ID))) == 7_001


async def test_line_numbers_go_on_behind_a_row_of_several_lines(tmp_path: Path) -> None:
    """Also when reading is taken up right behind it."""
    write(tmp_path / "a.csv", 'id,text\n1,"a\nb\nc"\nbad\n')
    first = await pull(tmp_path, "a.csv", page_rows=1, **ID)
    rest = await pull(tmp_path, "a.csv", first[0].checkpoint, page_rows=1, **ID)
    assert [record.record_id for record in rest[0].dead] == ["a.csv:5"]


async def test_a_constant_is_for_what_is_empty(tmp_path: Path) -> None:
    """A value in the row comes first."""
    write(tmp_path / "a.csv", "text,lang\na,de\nb,\n")
    events, _ = await load(
        tmp_path, "a.csv", columns={"language": "lang"}, constants={"language": "en"}
    )
    assert [event.data.language for event in events] == ["de", "en"]


async def test_half_a_row_at_the_end_waits_for_its_other_half(tmp_path: Path) -> None:
    """While somebody may be writing; an old file's half row is put aside."""
    half = '{"id": 1, "text": "x"}\n{"id": 2, "te'
    write(tmp_path / "a.jsonl", half, NOW - timedelta(seconds=5))
    first = await pull(tmp_path, "a.jsonl", **ID)
    assert texts(events_in(first)) == ["x"]
    assert not first[0].dead
    whole = '{"id": 1, "text": "x"}\n{"id": 2, "text": "y"}'
    write(tmp_path / "a.jsonl", whole, NOW - timedelta(seconds=2))
    second = await pull(tmp_path, "a.jsonl", first[-1].checkpoint, **ID)
    assert texts(events_in(second)) == ["y"]
    write(tmp_path / "a.jsonl", half, NOW - timedelta(minutes=5))
    _, dead = await load(tmp_path, "a.jsonl", **ID)
    assert [record.record_id for record in dead] == ["a.jsonl:2"]


async def test_several_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    """One checkpoint knows each; a file that is gone is forgotten, a new one is found."""
    write(tmp_path / "b.csv", "text\nb\n")
    write(tmp_path / "a.csv", "text\na\n")
    first = await pull(tmp_path, "*.csv")
    assert texts(events_in(first)) == ["a", "b"]
    assert set(first[-1].checkpoint) == {"a.csv", "b.csv"}
    (tmp_path / "a.csv").unlink()
    write(tmp_path / "c.csv", "text\nc\n")
    second = await pull(tmp_path, "*.csv", first[-1].checkpoint)
    assert texts(events_in(second)) == ["c"]
    assert set(second[-1].checkpoint) == {"b.csv", "c.csv"}


async def test_files_of_one_name_in_two_folders_are_two_files(tmp_path: Path) -> None:
    """The checkpoint tells them apart by their folders."""
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "a.csv", f"text\n{folder}\n")
    pages = await pull(tmp_path, "*/a.csv")
    assert texts(events_in(pages)) == ["x", "y"]
    assert set(pages[-1].checkpoint) == {"x/a.csv", "y/a.csv"}


async def test_progress_is_told_to_its_end(tmp_path: Path) -> None:
    """Bytes done of bytes there are, ending with all."""
    write(tmp_path / "a.csv", "text\n" + "word\n" * 10)
    seen: list[Progress] = []
    await pull(tmp_path, "a.csv", progress=seen, page_rows=4)
    assert [each.done for each in seen] == [25, 45, 55]
    assert {(each.total, each.label) for each in seen} == {(55, "a.csv")}


async def test_a_path_without_a_file_is_the_settings_fault(tmp_path: Path) -> None:
    """Pull says so with a remedy, health without an exception."""
    with pytest.raises(ConfigurationError, match=r"none\.csv") as caught:
        await pull(tmp_path, "none.csv")
    assert caught.value.remedy
    connector = make(Settings(path="none.csv"), surroundings(folder=tmp_path))
    health = await connector.health()
    assert (health.ok, bool(health.remedy)) == (False, True)
    write(tmp_path / "none.csv", "text\n")
    assert (await connector.health()).sample == {"files": 1}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"path": "a", "encoding": "klingon"},
        {"path": "a", "time_zone": "Europe/Atlantis"},
        {"path": "a", "delimiter": ",,"},
        {"path": "a", "columns": {"score": "s"}},
        {"path": "a", "columns": {"colour": "c"}},
        {"path": "a", "columns": {"score": "s"}, "score": {"low": 1, "high": 1, "scale": "x"}},
        {"path": "a", "page_rows": 0},
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any]) -> None:
    """Before anything is read."""
    with pytest.raises(ValidationError):
        Settings.model_validate(settings)


COUNTS = {
    "app_reviews_features_dabrowski2022": 1475,
    "bugs_gitbugs_hadoop": 1739,
    "customer_feedback_ijcnlp2017_ja": 1492,
    "intents_clinc150": 15099,
}
"""Lines as ``wc -l`` counts them."""


@pytest.mark.shared
async def test_real_feedback_is_loaded_to_the_last_row(shared: Path) -> None:
    """Every line of every file is an event or a dead letter with a reason, under its own id."""
    folder = shared / "data" / "feedback"
    lines = {path.stem: path.read_bytes().count(b"\n") for path in sorted(folder.glob("*.jsonl"))}
    assert lines.items() >= COUNTS.items()
    for stem, count in lines.items():
        events, dead = await load(
            folder,
            f"{stem}.jsonl",
            columns={"id": "id", "language": "lang", "attributes": {"label": "label"}},
        )
        assert len(events) + len(dead) == count, stem
        raw = (folder / f"{stem}.jsonl").read_bytes().splitlines()
        ids = {f"history:row:{json.loads(line)['id']}" for line in raw}
        lost = {f"history:row:{json.loads(record.raw)['id']}" for record in dead}
        assert {event.data.item_id for event in events} | lost == ids, stem
        assert all("no text" in record.message for record in dead), stem
