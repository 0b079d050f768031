"""One configuration file on its way from text to a model, gathering its problems."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel

from workers.config.documents import Fields, Location, Scalar, read_document
from workers.config.findings import Code, Finding, Place, Problem, printable, snippet_of
from workers.config.model_fields import secrets_in
from workers.config.secrets.literals import (
    MASK,
    Mask,
    literal_problem,
    looks_secret,
    mask_line,
    mask_looks,
)
from workers.config.secrets.references import Resolver
from workers.config.validate import validate

__all__ = ["File", "HasSettings"]

SHORTEST_VALUE = 4
"""Characters from which on the value of a reference is removed from messages."""


class HasSettings(Protocol):
    """What is needed of a connector here (``connectors.base.registry.ConnectorSpec``)."""

    @property
    def settings(self) -> type[BaseModel]:
        """The model of ``settings`` in ``sources.yaml``."""
        ...


class File:
    """A file. Constructing it reads it, finds literal secrets and resolves references."""

    def __init__(
        self,
        path: Path,
        model: type[BaseModel],
        resolver: Resolver,
        connectors: Mapping[str, HasSettings],
    ) -> None:
        self.resolver = resolver
        self._model = model
        self._connectors = connectors
        self._document = read_document(path)
        self._masks: list[Mask] = []
        self.problems = list(self._document.problems)
        self.root: Fields | None = None
        root = self._document.root
        secret = list(self._secrets(root)) if root is not None else []
        self._refuse_literals(secret)
        if root is not None:
            self.root = resolver.fields(root, {scalar.place for _, scalar in secret})
        self.problems.extend(resolver.problems)

    def _sources(self, root: Fields) -> Iterator[tuple[int, Fields, HasSettings]]:
        """Each source of a known connector, with its index."""
        for index, source in enumerate(root.blocks("sources")):
            name = source.get("connector")
            if isinstance(name, Scalar) and name.text in self._connectors:
                yield index, source, self._connectors[name.text]

    def _secrets(self, root: Fields) -> Iterator[tuple[Location, Scalar]]:
        yield from secrets_in(root, self._model)
        for _, source, connector in self._sources(root):
            settings = source.get("settings")
            name = source.get("connector")
            if isinstance(settings, Fields) and isinstance(name, Scalar):
                for path, scalar in secrets_in(settings, connector.settings):
                    yield (name.text, *path), scalar

    def _refuse_literals(self, secret: list[tuple[Location, Scalar]]) -> None:
        for path, scalar in secret:
            problem = literal_problem(scalar, path)
            if problem is not None:
                self.problems.append(problem)
                place = scalar.place
                self._masks.append(Mask(place.line, place.column, scalar.last_line))
        known = {mask.first_line for mask in self._masks}
        for problem, mask in looks_secret(self._document.lines):
            if problem.place.line not in known:
                self.problems.append(problem)
                self._masks.append(mask)
                known.add(problem.place.line)

    def validated(self) -> BaseModel | None:
        """The model's instance, where nothing stands in its way."""
        if self.root is None:
            return None
        instance, problems = validate(self.root, self._model)
        self.problems.extend(problems)
        self._never_silent(refused=instance is None)
        return instance

    def validated_settings(self) -> dict[str, BaseModel]:
        """Of each source by name: its settings as the connector's own model."""
        settings: dict[str, BaseModel] = {}
        if self.root is None:
            return settings
        for index, source, connector in self._sources(self.root):
            node = source.get("settings")
            block = Fields((), source.place) if node is None else node
            if not isinstance(block, Fields):
                continue  # the type is refused already
            prefix = ("sources", index, "settings")
            instance, problems = validate(block, connector.settings, prefix=prefix)
            self.problems.extend(problems)
            self._never_silent(refused=instance is None)
            name = source.get("name")
            if instance is not None and isinstance(name, Scalar):
                settings[name.text] = instance
        return settings

    def _never_silent(self, *, refused: bool) -> None:
        """A refusal has a finding, even if all of it looked like a consequence."""
        if refused and not self.problems and self.resolver.look_up:
            self.problems.append(
                Problem(
                    Place(),
                    Code.BAD_VALUE,
                    "the file is not accepted, and no single place is to blame",
                    "compare it with the example configuration",
                )
            )

    def findings(self, values: Collection[str]) -> Iterator[Finding]:
        """The problems by line, with snippets; ``values`` may stand in none of them."""
        hidden = sorted((v for v in values if len(v) >= SHORTEST_VALUE), key=len, reverse=True)

        def redacted(text: str) -> str:
            for value in hidden:
                text = text.replace(value, MASK)
            return text

        def words(text: str) -> str:
            return printable(redacted(mask_looks(text)))

        lines = [
            redacted(mask_line(self._masked(number, line)))
            for number, line in enumerate(self._document.lines, 1)
        ]
        for problem in _without_consequences(self.problems):
            place = problem.place
            if problem.code is Code.LITERAL_SECRET:  # its length is nobody's business
                shown = Place(place.line, place.column, len(MASK))
            else:
                shown = place
            yield Finding(
                str(self._document.path),
                place.line,
                place.column,
                problem.code,
                words(problem.message),
                words(problem.remedy),
                snippet_of(lines, shown),
            )

    def _masked(self, number: int, line: str) -> str:
        for mask in self._masks:
            line = mask.applied(number, line)
        return line


_REFERENCES = frozenset(
    {
        Code.UNKNOWN_PERSON,
        Code.UNKNOWN_TEAM,
        Code.UNKNOWN_RECEIVER,
        Code.UNKNOWN_CONNECTOR,
        Code.DUPLICATE_NAME,
        Code.BAD_CONDITION,
    }
)


def _without_consequences(problems: list[Problem]) -> Iterator[Problem]:
    """By line, each once.

    Of a literal secret only that is said, and of a value that is wrong in itself not that it
    also refers to nothing.
    """

    def weight(code: Code) -> int:
        return 0 if code is Code.LITERAL_SECRET else 2 if code in _REFERENCES else 1

    heaviest: dict[tuple[int, int], int] = {}
    for problem in problems:
        spot = (problem.place.line, problem.place.column)
        heaviest[spot] = min(heaviest.get(spot, 2), weight(problem.code))
    for problem in sorted(dict.fromkeys(problems), key=lambda found: (found.place, found.code)):
        least = heaviest[problem.place.line, problem.place.column]
        if weight(problem.code) == least:
            yield problem
