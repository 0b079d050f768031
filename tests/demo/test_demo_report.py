"""The report of a demo: JSON for scripts, words for people."""

import json
from pathlib import Path

from tests.demo.flow import TICKETS, good_run, received
from workers.demo.report import describe, write


def test_the_file_has_what_scripts_count_on(tmp_path: Path) -> None:
    """The promised keys are there, counted by source and by team."""
    file = tmp_path / "report.json"
    write(good_run().report(), file)
    written = json.loads(file.read_text(encoding="utf-8"))
    promised = {
        "ok": True,
        "received": {"support": 4, "survey": 2},
        "classified": 5,
        "routed": {"billing": 3, "none": 2},
        "notified": 2,
        "duplicates_dropped": 0,
        "dead_letters": 1,
        "seconds": 12.3,
        "missing": [],
    }
    assert {name: written[name] for name in promised} == promised


def test_the_file_names_what_is_missing(tmp_path: Path) -> None:
    """A script that fails can say why."""
    run = good_run()
    file = tmp_path / "report.json"
    write(run.report([row for row in run.rows if row != received(TICKETS[2])]), file)
    written = json.loads(file.read_text(encoding="utf-8"))
    assert written["ok"] is False
    assert "1 of source support not received: support:ticket:3" in written["missing"]


def test_in_words_a_good_run_is_short() -> None:
    """Counts a line each, the verdict last."""
    run = good_run()
    assert describe(run.report([*run.rows, received(TICKETS[0])])).splitlines() == [
        "received   support 4, survey 2 (repeats dropped: 1)",
        "classified 5",
        "routed     billing 3, none 2",
        "notified   2",
        "dead       1",
        "ok         after 12 s",
    ]


def test_in_words_what_is_missing_comes_first() -> None:
    """The reason stands where the eye begins, the verdict at the end."""
    run = good_run()
    rows = [row for row in run.rows if row != received(TICKETS[2])]
    first, *_, last = describe(run.report(rows)).splitlines()
    assert first == "missing    1 of source support not received: support:ticket:3"
    assert last == "NOT OK     after 12 s"
