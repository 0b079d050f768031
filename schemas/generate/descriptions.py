"""What a model's fields mean, taken from the docstrings under them in the source."""

import ast
import inspect
import textwrap
from functools import cache

from pydantic import BaseModel

__all__ = ["field_descriptions", "models_within", "summary"]


@cache
def field_descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Field name -> its docstring in one line, base classes included."""
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if issubclass(cls, BaseModel) and cls is not BaseModel and "[" not in cls.__name__:
            found |= _in_source(cls)
    return found


def _in_source(cls: type) -> dict[str, str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    if not isinstance(tree, ast.ClassDef):
        return {}
    found = {}
    for field, text in zip(tree.body, tree.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            found[field.target.id] = " ".join(text.value.value.split())
    return found


def models_within(annotation: object) -> set[type[BaseModel]]:
    """The models that a field's type mentions: ``tuple[Match, ...]`` mentions ``Match``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        nested = (models_within(field.annotation) for field in annotation.model_fields.values())
        return {annotation}.union(*nested)
    arguments = getattr(annotation, "__args__", ())
    return set().union(*(models_within(argument) for argument in arguments))


def summary(model: type) -> str:
    """First paragraph of a class's docstring, in one line."""
    return " ".join((inspect.getdoc(model) or "").split("\n\n")[0].split())
