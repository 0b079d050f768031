"""One text through classification and routing, without an item and without a trace."""

from collections.abc import Mapping
from dataclasses import dataclass

from workers.config.matchers import Value
from workers.config.routes import Route
from workers.config.team import Team
from workers.feedback.classification.labels import ClassifiableText, Labels
from workers.feedback.classification.reading.text import plain_text, read_text
from workers.feedback.classification.rules_classifier import RulesClassifier
from workers.feedback.fields import label_fields
from workers.feedback.routing.decision import Decision
from workers.feedback.routing.explain import Explained
from workers.feedback.routing.facts import Facts
from workers.feedback.routing.tree import RouteTree

__all__ = ["Trial", "Tried"]


@dataclass(frozen=True, slots=True)
class Tried:
    """What a text would become."""

    labels: Labels
    fields: Mapping[str, Value | None]
    decision: Decision
    explained: tuple[Explained, ...]


class Trial:
    """The worker's own classifier and routes; loading takes about a second."""

    def __init__(self, route: Route, team: Team) -> None:
        self._classifier = RulesClassifier(team.areas)
        self._tree = RouteTree(route, team)

    def run(self, *, subject: str, text: str, given: Mapping[str, Value]) -> Tried:
        """What becomes of a text; ``given`` fields overrule what classification says."""
        read = read_text(subject, text)
        tags = given.get("tags")
        attributes = {
            name.removeprefix("attributes."): str(value)
            for name, value in given.items()
            if name.startswith("attributes.")
        }
        tier = given.get("customer.tier")
        labels = self._classifier.classify(
            [
                ClassifiableText(
                    read,
                    tier=tier if isinstance(tier, str) else None,
                    tags=tags if isinstance(tags, tuple) else (),
                    attributes=attributes,
                )
            ]
        )[0]
        words = {"text": read.plain or None, "subject": read.subject or None}
        told = {
            name: plain_text(value) if name in words and isinstance(value, str) else value
            for name, value in given.items()
        }
        fields: dict[str, Value | None] = {**label_fields(labels), **words, **told}
        facts = Facts(fields, self._tree.ask(fields))
        return Tried(labels, fields, self._tree.route(facts), self._tree.explain(facts))
