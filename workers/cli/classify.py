"""``productops classify``: JSON lines in, JSON lines out."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import click
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.feedback import Channel, Score
from workers.cli.surroundings import EXIT_CONFIGURATION, EXIT_FAILED, settings_or_exit

__all__ = ["classify"]

_BATCH = 64
MAX_LINE = 1_048_576
"""Characters of one line; the largest record a topic takes."""


class _Line(BaseModel):
    """One line of input. ``id`` and other fields travel through unread."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    text: str
    subject: str = ""
    language: str | None = None
    channel: Channel | None = None
    score: Score | None = None
    tier: str | None = None
    tags: tuple[str, ...] = ()
    attributes: dict[str, str] = Field(default_factory=dict)
    id: Any = None


@click.command()
@click.argument("file", type=click.File("r", encoding="utf-8", errors="replace"), default="-")
def classify(file: IO[str]) -> None:
    """Classify texts: one JSON object a line, such as {"text": "it crashes"}.

    FILE is standard input where it is not given. Optional fields: id (passed through),
    subject, language, channel, score, tier, tags, attributes. Product areas come from
    team.yaml where there is one. A line that is no such object gives {"error": ...} in its
    place and exit code 1 at the end.
    """
    if file.isatty():
        click.echo("reading JSON lines; end with Ctrl-D", err=True)
    classifier = _classifier()
    bad = 0
    # imported here: the command's help needs no model
    from workers.feedback.classification.labels import ClassifiableText  # noqa: PLC0415
    from workers.feedback.classification.reading.text import read_text  # noqa: PLC0415

    for batch in _batches(file):
        texts = [
            ClassifiableText(
                read_text(line.subject, line.text),
                language=line.language,
                channel=line.channel,
                score=line.score,
                tier=line.tier,
                tags=line.tags,
                attributes=line.attributes,
            )
            for line in batch
            if isinstance(line, _Line)
        ]
        labels = iter(classifier.classify(texts))
        for line in batch:
            if isinstance(line, str):
                bad += 1
                click.echo(json.dumps({"error": line}))
                continue
            one = next(labels)
            out: dict[str, Any] = {"id": line.id} if line.id is not None else {}
            out |= {
                "language": one.language,
                "kind": one.kind,
                "confidence": one.confidence,
                "area": one.area,
                "themes": one.themes,
                "sentiment": one.sentiment,
                "urgency": one.urgency,
                "matches": [match.model_dump() for match in one.matches],
                "model_version": classifier.version,
            }
            click.echo(json.dumps(out, ensure_ascii=False))
    if bad:
        click.echo(f"productops: {bad} lines could not be read", err=True)
        sys.exit(EXIT_FAILED)


def _classifier() -> Any:
    """The classifier, with the areas of team.yaml where there is one; else exit code 3."""
    from workers.config.load import read  # noqa: PLC0415
    from workers.feedback.classification.rules_classifier import RulesClassifier  # noqa: PLC0415

    folder = settings_or_exit().config_dir
    if not (folder / "team.yaml").is_file():
        click.echo(f"no team.yaml in {folder}: classifying without product areas", err=True)
        return RulesClassifier(())
    reading = read(folder, os.environ)
    findings = [one for one in reading.findings if _of_team(one.path)]
    if findings or reading.team is None:
        for finding in findings:
            click.echo(f"{finding}\n", err=True)
        sys.exit(EXIT_CONFIGURATION)
    return RulesClassifier(reading.team.areas)


def _of_team(path: str) -> bool:
    return Path(path).name == "team.yaml"


def _batches(file: IO[str]) -> Iterator[list[_Line | str]]:
    """Lines in batches; on a terminal each line on its own. A bad line is its problem."""
    size = 1 if file.isatty() else _BATCH
    batch: list[_Line | str] = []
    for number, line in enumerate(file, start=1):
        if line.strip():
            batch.append(_parsed(number, line))
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def _parsed(number: int, line: str) -> _Line | str:
    if len(line) > MAX_LINE:
        return f"line {number}: longer than {MAX_LINE} characters"
    try:
        return _Line.model_validate_json(line)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, problem["loc"])) or "value"
        return f"line {number}: {where}: {problem['msg']}"
