"""Maps nodes onto a model; every refusal becomes a problem at its place in the file."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from workers.config.documents import Entry, Fields, Items, Location, Node, Scalar, find
from workers.config.explain import Explanation, Subject, did_you_mean, explain
from workers.config.findings import Code, Place, Problem
from workers.config.model_fields import field_at, fields_of, models_at, secrets_in

__all__ = ["validate"]

M = TypeVar("M", bound=BaseModel)

_OF_A_FIELD = frozenset({Code.MISSING_FIELD, Code.UNKNOWN_FIELD})


def validate(
    root: Fields, model: type[M], *, prefix: Location = ()
) -> tuple[M | None, list[Problem]]:
    """The model's instance, or what stands in its way; ``prefix`` is where ``root`` stands."""
    try:
        return model.model_validate(root.value()), []
    except ValidationError as refused:
        errors = refused.errors(include_input=False)
    mapper = _Mapper(root, model, tuple(prefix))
    problems: dict[tuple[Place, Code, str], Problem] = {}
    for error in errors:
        problem = mapper.problem(error)
        if problem is not None:
            # the members of a union each say their own about one value: the first will do
            about = problem.message if problem.code in _OF_A_FIELD else ""
            problems.setdefault((problem.place, problem.code, about), problem)
    return None, list(problems.values())


class _Mapper:
    def __init__(self, root: Fields, model: type[BaseModel], prefix: tuple[int | str, ...]) -> None:
        self._root = root
        self._model = model
        self._prefix = prefix
        self._secret = {scalar.place for _, scalar in secrets_in(root, model)}

    def problem(self, error: ErrorDetails) -> Problem | None:
        location = error["loc"]
        if error["type"] == "missing":
            return self._missing(location)
        if error["type"] == "extra_forbidden":
            return self._unknown(location)
        found = find(self._root, location)
        if self._is_consequence(error, found.node):
            return None
        place = found.place
        if error["type"] == "root_match" and isinstance(found.node, Fields):
            entry = found.node.entry("match")
            place = entry.key.place if entry else place
        subject = Subject(
            self._named(found.reached),
            found.node,
            field_at(self._model, found.reached),
            place in self._secret,
        )
        return _at(place, explain(error, subject))

    def _named(self, location: tuple[int | str, ...]) -> str:
        whole = (*self._prefix, *location)
        if not whole:
            return "the file"
        last = whole[-1]
        if isinstance(last, str):
            return f"`{last}`"
        if len(whole) > 1:
            return f"entry {last + 1} of `{whole[-2]}`"
        return f"entry {last + 1}"

    def _is_consequence(self, error: ErrorDetails, node: Node) -> bool:
        """Whether the error only follows from something that is reported anyway."""
        if isinstance(node, Scalar):
            return not node.resolved
        if error["type"] == "too_short" and isinstance(node, Items):
            # entries that are wrong are not counted by pydantic
            return len(node.items) >= int(error.get("ctx", {}).get("min_length", 1))
        judges_several = "url" not in error or error["type"] == "value_error"
        return judges_several and _has_gap(node)

    def _missing(self, location: tuple[int | str, ...]) -> Problem | None:
        name = str(location[-1])
        parent = find(self._root, location[:-1])
        if not isinstance(parent.node, Fields):
            return None
        field = field_at(self._model, location)
        examples = (field.examples or []) if field is not None else []
        simple = [example for example in examples[:1] if not isinstance(example, dict | list)]
        line = f"`{name}: {simple[0]}`" if simple else f"`{name}:`"
        meaning = (field.description or "") if field is not None else ""
        meaning = " ".join(meaning.split()).split(". ")[0].rstrip(".")
        remedy = f"add {line}" + (f" ({meaning})" if meaning else "")
        entry = parent.node.entry(name)
        if entry is not None:
            return Problem(
                entry.key.place,
                Code.MISSING_FIELD,
                f"`{name}` has no value",
                f"{remedy}; a value that starts with # must stand in quotes",
            )
        if any(self._meant(other, location) == name for other in parent.node.entries):
            return None
        place = parent.place if isinstance(parent.node, Scalar) else parent.node.place
        message = f"`{name}` is missing{self._inside(parent.reached)}"
        return Problem(place, Code.MISSING_FIELD, message, remedy)

    def _inside(self, location: tuple[int | str, ...]) -> str:
        return f" in {self._named(location)}" if (*self._prefix, *location) else ""

    def _allowed(self, location: tuple[int | str, ...]) -> list[str]:
        parents = models_at(self._model, location[:-1])
        return list(dict.fromkeys(name for parent in parents for name in fields_of(parent)))

    def _meant(self, entry: Entry, location: tuple[int | str, ...]) -> str | None:
        """The field that a wrong name most likely means."""
        allowed = self._allowed(location)
        if entry.key.text in allowed:
            return None
        remedy = did_you_mean(entry.key.text, allowed, what="fields")
        return remedy.split("`")[1] if remedy.startswith("did you mean") else None

    def _unknown(self, location: tuple[int | str, ...]) -> Problem:
        name = str(location[-1])
        found = find(self._root, location[:-1])
        parent = found.node
        entry = parent.entry(name) if isinstance(parent, Fields) else None
        place = entry.key.place if entry is not None else parent.place
        allowed = self._allowed(location)
        inside = self._inside(found.reached)
        shown = name if len(name) <= 40 else name[:39] + "…"  # noqa: PLR2004 - fits on a line
        remedy = did_you_mean(name, allowed, what="fields here")
        if name.endswith("_file") and name.removesuffix("_file") in allowed:
            field = name.removesuffix("_file")
            remedy = f"write `{field}: ${{NAME}}` and set NAME_FILE to the path of the file"
        return Problem(place, Code.UNKNOWN_FIELD, f"there is no field `{shown}`{inside}", remedy)


def _has_gap(node: Node) -> bool:
    """Whether a value directly within is a stand-in, so that a rule over several may misjudge."""
    if not isinstance(node, Fields):
        return False
    return any(
        isinstance(entry.value, Scalar) and not entry.value.resolved for entry in node.entries
    )


def _at(place: Place, words: Explanation) -> Problem:
    return Problem(place, words.code, words.message, words.remedy)
