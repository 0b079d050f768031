"""What a model expects at a place: its fields' names, their description, which are secret."""

from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from workers.config.documents import Items, Location, Node, Scalar

__all__ = ["field_at", "fields_of", "models_at", "secrets_in"]


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields by the name they have in YAML."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def _members(annotation: Any) -> Iterator[Any]:
    """The annotation without its wrappings; of a union every member."""
    if hasattr(annotation, "__value__"):  # `type X = ...` of Python 3.12
        yield from _members(annotation.__value__)
    elif get_origin(annotation) is Annotated:
        yield from _members(get_args(annotation)[0])
    elif get_origin(annotation) in {Union, UnionType}:
        for member in get_args(annotation):
            yield from _members(member)
    else:
        yield annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _below(annotation: Any, step: int | str) -> Iterator[Any]:
    """What stands at an index or a key of a value of this type."""
    for member in _members(annotation):
        if _is_model(member):
            info = fields_of(member).get(str(step))
            if info is not None:
                yield info.annotation
            continue
        arguments = [argument for argument in get_args(member) if argument is not Ellipsis]
        origin = get_origin(member)
        if not isinstance(origin, type) or not arguments:
            continue
        if issubclass(origin, tuple) and len(arguments) > 1 and isinstance(step, int):
            yield arguments[min(step, len(arguments) - 1)]
        else:
            yield arguments[-1]


def _at(annotation: Any, location: Location) -> list[Any]:
    """Every type that may stand at a location.

    Steps that lead nowhere are skipped: they name the member of a union.
    """
    present = [annotation]
    for step in location:
        below = [found for candidate in present for found in _below(candidate, step)]
        if below:
            present = below
    return present


def models_at(model: type[BaseModel], location: Location) -> list[type[BaseModel]]:
    """The models that may stand at a location."""
    return [
        member
        for annotation in _at(model, location)
        for member in _members(annotation)
        if _is_model(member)
    ]


def field_at(model: type[BaseModel], location: Location) -> FieldInfo | None:
    """The field that a location ends with; ``None`` for an entry of a list, or no field."""
    if not location:
        return None
    for parent in models_at(model, location[:-1]):
        info = fields_of(parent).get(str(location[-1]))
        if info is not None:
            return info
    return None


def secrets_in(node: Node, model: type[BaseModel]) -> Iterator[tuple[Location, Scalar]]:
    """Every scalar in a field whose type says that it is secret, with its location."""
    return _secrets(node, [model], ())


def _secrets(
    node: Node, annotations: Sequence[Any], path: tuple[int | str, ...]
) -> Iterator[tuple[Location, Scalar]]:
    if isinstance(node, Scalar):
        members = [member for annotation in annotations for member in _members(annotation)]
        if any(member in {SecretStr, SecretBytes} for member in members):
            yield path, node
        return
    children: list[tuple[int | str, Node]] = []
    if isinstance(node, Items):
        children.extend(enumerate(node.items))
    else:
        children.extend((entry.key.text, entry.value) for entry in node.entries)
    for step, child in children:
        below = [found for annotation in annotations for found in _below(annotation, step)]
        if below:
            yield from _secrets(child, below, (*path, step))
