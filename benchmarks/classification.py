"""Quality and speed of classification on labelled feedback.

    python benchmarks/classification.py DATA_DIR [--half tune|held-out] [--errors N]

DATA_DIR holds the labelled sets as JSON lines (``id``, ``text``, ``labels``). Rules are tuned
on the half whose ids hash even and reported on the other, so the numbers are not the rules'
own. What the sets call a kind is mapped to the nearest of ours; what has no counterpart is
left out.
"""

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from schemas.feedback import Kind, Score
from workers.feedback.classification.labels import ClassifiableText, Labels
from workers.feedback.classification.reading.text import read_text
from workers.feedback.classification.rules_classifier import RulesClassifier


@dataclass(frozen=True)
class Row:
    """One labelled text."""

    text: ClassifiableText
    gold: str


@dataclass(frozen=True)
class Task:
    """A set, what its labels mean here, and how ours are read in its terms."""

    name: str
    file: str
    gold: Callable[[Mapping[str, object]], str | None]
    answer: Callable[[Labels], str]
    stars: bool = False


_IJCNLP = {"bug": "bug", "request": "feature_request", "complaint": "complaint", "comment": "rest"}
_MAALEJ = {"Bug": "bug", "Feature": "feature_request", "Rating": "rest", "UserExperience": "rest"}
_FORUM = {
    "apparent bug": "bug",
    "feature request": "feature_request",
    "question on application": "question",
    "question on background": "question",
    "help seeking": "question",
    "requesting more information": "question",
}


def _single(meaning: Mapping[str, str]) -> Callable[[Mapping[str, object]], str | None]:
    def gold(row: Mapping[str, object]) -> str | None:
        labels = row.get("labels") or [row["label"]]
        return (
            meaning.get(str(labels[0])) if isinstance(labels, list) and len(labels) == 1 else None
        )

    return gold


def _kind(*kept: Kind) -> Callable[[Labels], str]:
    return lambda labels: labels.kind.value if labels.kind in kept else "rest"


_ALL = (Kind.BUG, Kind.FEATURE_REQUEST, Kind.COMPLAINT)
TASKS = (
    *(
        Task(
            f"IJCNLP {lang}: bug, request, complaint, rest",
            f"customer_feedback_ijcnlp2017_{lang}.jsonl",
            _single(_IJCNLP),
            _kind(*_ALL),
        )
        for lang in ("en", "es", "fr")
    ),
    Task(
        "Maalej: bug, feature, rest",
        "app_reviews_maalej2016.jsonl",
        _single(_MAALEJ),
        _kind(Kind.BUG, Kind.FEATURE_REQUEST),
        stars=True,
    ),
    Task(
        "VLC forum: bug, feature, question, rest",
        "forum_vlc_firefox_tizard2019.jsonl",
        lambda row: _FORUM.get(str(row["label"]), "rest"),
        _kind(Kind.BUG, Kind.FEATURE_REQUEST, Kind.QUESTION),
    ),
)


def _half(row_id: str) -> str:
    return "tune" if blake2b(row_id.encode(), digest_size=1).digest()[0] % 2 else "held-out"


def _rows(task: Task, folder: Path, half: str) -> Iterator[Row]:
    for line in (folder / task.file).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        gold = task.gold(row)
        if gold is None or _half(row["id"]) != half:
            continue
        stars = row.get("rating") if task.stars else None
        score = Score.of(float(stars), 1, 5, "stars_1_5") if stars in range(1, 6) else None
        yield Row(ClassifiableText(read_text("", row["text"]), score=score), gold)


def _f1(pairs: Sequence[tuple[str, str]], label: str) -> float:
    hit = sum(gold == label == said for gold, said in pairs)
    wrong = sum((gold == label) != (said == label) for gold, said in pairs)
    return 2 * hit / (2 * hit + wrong) if hit or wrong else 0.0


def main() -> None:
    """Print a line a task."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--half", choices=("tune", "held-out"), default="held-out")
    arguments.add_argument("--errors", type=int, default=0, help="show so many errors a task")
    options = arguments.parse_args()
    classifier = RulesClassifier(())
    reliability: dict[int, Counter[bool]] = defaultdict(Counter)
    for task in TASKS:
        rows = list(_rows(task, options.data, options.half))
        started = time.process_time()
        labels = classifier.classify([row.text for row in rows])
        seconds = time.process_time() - started
        said = [task.answer(one) for one in labels]
        pairs = [(row.gold, one) for row, one in zip(rows, said, strict=True)]
        golds = sorted({gold for gold, _ in pairs})
        for one, (gold, answer) in zip(labels, pairs, strict=True):
            reliability[int(one.confidence * 10)][gold == answer] += 1
        accuracy = sum(gold == answer for gold, answer in pairs) / len(pairs)
        scores = {gold: _f1(pairs, gold) for gold in golds}
        majority = max(Counter(row.gold for row in rows).values()) / len(rows)
        print(
            f"{task.name}: n {len(rows)}, accuracy {accuracy:.1%} (majority {majority:.1%}), "
            f"macro-F1 {sum(scores.values()) / len(scores):.1%}, "
            + ", ".join(f"{gold} {score:.1%}" for gold, score in scores.items())
            + f", {len(rows) / seconds:,.0f} texts/s"
        )
        wrong = [
            (row, one)
            for row, one, answer in zip(rows, labels, said, strict=True)
            if row.gold != answer
        ]
        for row, one in wrong[:: max(1, len(wrong) // options.errors)] if options.errors else ():
            rules = ", ".join(f"{m.rule}{list(m.words)}" for m in one.matches[:5])
            print(f"    {row.gold} < {one.kind.value}: {row.text.read.plain[:110]!r} {rules}")
    print("confidence -> share right:", end=" ")
    for tenth, counts in sorted(reliability.items()):
        print(
            f"{tenth / 10:.1f}: {counts[True] / counts.total():.0%} of {counts.total()}", end="; "
        )
    print()


if __name__ == "__main__":
    main()
