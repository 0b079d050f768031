"""What holds for every text: nothing but findings, and none of them shows a secret."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from workers.config.fields import Duration, Moment, in_words
from workers.config.findings import ConfigurationInvalid, Finding, Place, snippet_of
from workers.config.load import FILES, load
from workers.config.secrets.literals import MASK

SETTINGS = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

_PIECES = st.sampled_from(
    [
        *"\n\t :-,[]{}&*!|>'\"%@`#?~$\\",
        "\n  ",
        "\n- ",
        ": ",
        "${NAME}",
        "${",
        "<<: *a",
        "&a ",
        "*a",
        "!!binary ",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "\\x",
        "\\uD800",
        "\u2028",
        "\u202e",
        "\x00",
        "people",
        "receivers",
        "sources",
        "settings",
        "route",
        "match",
        "kind = bug",
        "connector: desk",
        "null",
        "1e999",
    ]
)
TEXTS = st.lists(_PIECES | st.text(max_size=5), max_size=40).map("".join)

_NAMES = st.sampled_from(
    sorted(
        {
            *("company", "live_since", "people", "teams", "areas", "id", "name", "lead", "owner"),
            *("team", "keywords", "receivers", "slack", "token", "webhook", "url", "secret"),
            *("slack_webhook", "route", "routes", "match", "receiver", "continue", "due_in"),
            *("sources", "connector", "every", "since", "settings", "subdomain", "api_token"),
            *("login", "kind", "columns", "tags", "plan", "max_age"),
        }
    )
)
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(
        ["ana", "area", "30d", "2026-03-01", "kind = bug", "${NAME}", "desk", "9" * 99]
    )
    | st.text(max_size=8)
)
TREES = st.recursive(
    _LEAVES,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(_NAMES, below, max_size=5),
    max_leaves=25,
)


def refused_or_loaded(folder: Path, connectors: Mapping[str, Any]) -> str:
    """All that is said about a folder; anything but a refusal in words fails the test."""
    findings: tuple[Finding, ...] = ()
    words = ""
    try:
        load(folder, {"NAME": "value-of-name"}, connectors=connectors)
    except ConfigurationInvalid as refused:
        findings, words = refused.findings, str(refused)
    else:
        return words
    assert findings
    for finding in findings:
        assert finding.message
        assert finding.remedy
        assert finding.line >= 1
        assert finding.column >= 1
    return words


@SETTINGS
@given(text=TEXTS, name=st.sampled_from(sorted(FILES)))
@example(text='company: "\\UFFFFFFFF"', name="team.yaml")
@example(text="%YAML " + "9" * 5000 + ".1\n---\n", name="team.yaml")
@example(text="&a [*a]", name="team.yaml")
@example(text="? [a]\n: b", name="routes.yaml")
@example(text="%TAG ! tag:%FF\n--- !x", name="routes.yaml")
def test_any_text(text: str, name: str, connectors: Mapping[str, Any]) -> None:
    """Any text as a configuration file is loaded or refused with findings, never a crash."""
    with TemporaryDirectory() as folder:
        for file in FILES:
            Path(folder, file).write_text("", encoding="utf-8")
        Path(folder, name).write_bytes(text.encode("utf-8", "surrogatepass"))
        refused_or_loaded(Path(folder), connectors)


@SETTINGS
@given(raw=st.binary(max_size=200), name=st.sampled_from(sorted(FILES)))
def test_any_bytes(raw: bytes, name: str, connectors: Mapping[str, Any]) -> None:
    """Any bytes likewise."""
    with TemporaryDirectory() as folder:
        Path(folder, name).write_bytes(raw)
        refused_or_loaded(Path(folder), connectors)


@SETTINGS
@given(tree=TREES, name=st.sampled_from(sorted(FILES)))
def test_any_tree(tree: object, name: str, connectors: Mapping[str, Any]) -> None:
    """Any structure of known words likewise, and no reference's value is shown."""
    with TemporaryDirectory() as folder:
        for file in FILES:
            Path(folder, file).write_text("", encoding="utf-8")
        Path(folder, name).write_text(yaml.safe_dump(tree, allow_unicode=True), encoding="utf-8")
        assert "value-of-name" not in refused_or_loaded(Path(folder), connectors)


@SETTINGS
@given(
    secret=st.text("abcdefgXYZ0123456789", min_size=8, max_size=30),
    before=st.integers(0, 3),
    plan=st.sampled_from(["small", "huge"]),
)
def test_a_literal_secret_is_never_shown(
    secret: str, before: int, plan: str, connectors: Mapping[str, Any]
) -> None:
    """A literal in a secret field is refused and masked, wherever it stands."""
    lines = ["subdomain: northwind", f"plan: {plan}", "page_size: 10"]
    lines.insert(before, f"api_token: q{secret}")
    text = "sources:\n- name: s\n  connector: desk\n  settings:\n"
    with TemporaryDirectory() as folder:
        Path(folder, "sources.yaml").write_text(
            text + "".join(f"    {line}\n" for line in lines), encoding="utf-8"
        )
        shown = refused_or_loaded(Path(folder), connectors)
    assert f"q{secret}" not in shown
    assert MASK in shown


@given(seconds=st.integers(0, 10**8))
def test_durations_survive_being_written(seconds: int) -> None:
    """A length of time written in words is read as the same length."""
    duration = timedelta(seconds=seconds)
    assert TypeAdapter(Duration).validate_python(in_words(duration)) == duration


@given(text=st.text(max_size=12))
def test_durations_refuse_everything_else(text: str) -> None:
    """What is taken for a length of time is digits and one unit."""
    try:
        duration = TypeAdapter(Duration).validate_python(text)
    except ValidationError:
        return
    digits, unit = text.strip()[:-1].strip(), text.strip()[-1]
    assert digits.isdecimal()
    assert digits.isascii()
    factor = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}[unit]
    assert duration.total_seconds() == int(digits) * factor


@given(moment=st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.timezones()))  # noqa: DTZ001 - bounds are local times of the drawn zone
def test_moments_are_kept_in_utc(moment: datetime) -> None:
    """A moment in any zone is the same moment in UTC."""
    if moment.utcoffset() is not None and moment.utcoffset().microseconds == 0:  # type: ignore[union-attr]
        read = TypeAdapter(Moment).validate_python(moment.isoformat())
        assert read.tzinfo is UTC
        assert read == moment.astimezone(UTC)


@given(
    lines=st.lists(st.text(max_size=300), min_size=1, max_size=5),
    line=st.integers(1, 6),
    column=st.integers(1, 400),
    width=st.integers(1, 400),
)
def test_snippets_are_safe_and_short(lines: list[str], line: int, column: int, width: int) -> None:
    """A snippet has at most four rows, none wider than the limit, and obeys nothing."""
    shown = snippet_of(lines, Place(line, column, width))
    rows = shown.split("\n") if shown else []
    assert len(rows) <= 4
    assert all(len(row) <= 100 + len("  12 | ") for row in rows)
    assert all(
        character == "\n" or character.isprintable() or character == "\u3000" or character.isspace()
        for character in shown
    )
    assert "\u202e" not in shown
    assert "\x1b" not in shown
