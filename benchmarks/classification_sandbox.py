"""Quality of classification on the tickets of the sandbox's invented company.

    python benchmarks/classification_sandbox.py [--seeds 1 2 3] [--words] [--errors N]

What each writer meant is known and never served. One phrase book stands behind all seeds and
its errors were read when the rules were improved, so these numbers say what a user of the
demo sees, not how the rules fare on strangers' texts: for that there is ``classification.py``.
A ticket is judged by its opening, with what the desk
says about it (type, priority, tags); ``--words`` judges the words alone.
"""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from connectors.sandbox.company import Ticket, found
from connectors.sandbox.company.oddities import REFUSED
from connectors.sandbox.company.staff import TEAMS
from schemas.feedback import Channel
from workers.config.team import Area
from workers.feedback.classification.labels import ClassifiableText, Labels
from workers.feedback.classification.reading.text import read_text
from workers.feedback.classification.rules_classifier import RulesClassifier

NOW = datetime(2026, 6, 17, 15, tzinfo=UTC)
AREAS = tuple(
    Area(id=team.area, name=team.area_name, owner=team.lead, team=team.id, keywords=team.keywords)
    for team in TEAMS
)
_NONE = "none"

Pairs = Sequence[tuple[str, str]]
"""What was meant and what was said."""


def tickets(seeds: Sequence[int]) -> list[Ticket]:
    """The tickets that a connector accepts, the deliberately odd ones included."""
    return [
        ticket
        for seed in seeds
        for ticket in found(seed, NOW).tickets
        if ticket.oddity not in REFUSED
    ]


def classifiable(ticket: Ticket, *, words_only: bool) -> ClassifiableText:
    """The ticket's opening as the feedback worker sees it."""
    read = read_text(ticket.subject, ticket.description)
    if words_only:
        return ClassifiableText(read)
    told = {"type": ticket.type, "priority": ticket.priority}
    return ClassifiableText(
        read,
        channel=Channel.TICKET,
        tags=ticket.tags,
        attributes={name: value for name, value in told.items() if value},
    )


def _share(pairs: Pairs) -> str:
    return f"{sum(meant == said for meant, said in pairs) / len(pairs):.1%}"


def _f1(pairs: Pairs, label: str) -> float:
    hits = sum(meant == label == said for meant, said in pairs)
    wrong = sum((meant == label) != (said == label) for meant, said in pairs)
    return 2 * hits / (2 * hits + wrong) if hits or wrong else 0.0


def report(name: str, pairs: Pairs) -> None:
    """Accuracy, macro-F1 and, for each meaning, what it was taken for."""
    meanings = sorted({meant for meant, _ in pairs})
    scores: Mapping[str, float] = {meaning: _f1(pairs, meaning) for meaning in meanings}
    print(
        f"{name}: n {len(pairs)}, accuracy {_share(pairs)}, "
        f"macro-F1 {sum(scores.values()) / len(scores):.1%}"
    )
    for meaning in meanings:
        said = Counter(answer for meant, answer in pairs if meant == meaning)
        told = ", ".join(f"{answer} {count}" for answer, count in said.most_common())
        print(f"    {meaning} (F1 {scores[meaning]:.1%}): {told}")


def _show(ticket: Ticket, labels: Labels) -> None:
    text = f"{ticket.subject} | {ticket.description}".replace("\n", " ")[:240]
    rules = ", ".join(f"{m.label} {m.rule}{list(m.words)}" for m in labels.matches[:6])
    print(
        f"{ticket.kind}/{ticket.area or _NONE} < {labels.kind.value}/{labels.area or _NONE}"
        f" {labels.urgency.value}: {text!r}\n        {rules}"
    )


def main() -> None:
    """Print kinds, areas, urgencies and languages."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    arguments.add_argument("--words", action="store_true", help="without what the desk says")
    arguments.add_argument("--errors", type=int, default=0, help="show so many wrong ones")
    options = arguments.parse_args()
    asked = tickets(options.seeds)
    labels = RulesClassifier(AREAS).classify(
        [classifiable(ticket, words_only=options.words) for ticket in asked]
    )
    both = list(zip(asked, labels, strict=True))
    report("kind", [(ticket.kind, said.kind.value) for ticket, said in both])
    for language in sorted({ticket.language for ticket in asked}):
        pairs = [(t.kind, said.kind.value) for t, said in both if t.language == language]
        print(f"    in {language}: n {len(pairs)}, accuracy {_share(pairs)}")
    report("area", [(ticket.area or _NONE, said.area or _NONE) for ticket, said in both])
    report("language", [(ticket.language, said.language) for ticket, said in both])
    wrong = [
        (ticket, said)
        for ticket, said in both
        if (ticket.kind, ticket.area) != (said.kind.value, said.area)
    ]
    for ticket, said in wrong[:: max(1, len(wrong) // options.errors)] if options.errors else ():
        _show(ticket, said)


if __name__ == "__main__":
    main()
