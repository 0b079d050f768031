"""Every refusal that pydantic knows is explained without the words of a programmer."""

import re
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_core import ErrorDetails
from pydantic_core._pydantic_core import list_all_errors

from connectors.base.registry import CONNECTORS
from workers.config.documents import Scalar
from workers.config.explain import Subject, did_you_mean, explain
from workers.config.findings import Place
from workers.config.model_fields import fields_of

ERRORS: list[dict[str, Any]] = list_all_errors()
PROGRAMMERS = re.compile(
    r"\b(str|int|float|bool|dict|tuple|frozenset|timedelta|datetime|None|instance|subclass|python|"
    r"pydantic|input|valid \w+|parse|dictionary|integer|boolean|string|class|type)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("error", ERRORS, ids=[error["type"] for error in ERRORS])
def test_no_programmers_words(error: dict[str, Any]) -> None:
    """A message names the field, says what is wrong, and gives something to do."""
    subject = Subject("`field`", Scalar("x", "x", Place()), None, secret=False)
    context = error["example_context"] or {}
    if error["type"] in {"value_error", "assertion_error"}:  # these bring words of their own
        context = {"error": ValueError("there are too many")}
    details = ErrorDetails(
        type=error["type"],
        loc=("field",),
        msg=error["example_message_python"],
        input="x",
        ctx=context,
        url="https://errors.pydantic.dev/",
    )
    explanation = explain(details, subject)
    assert "field" in explanation.message or "`" in explanation.message
    assert explanation.remedy
    for text in (explanation.message, explanation.remedy):
        assert not PROGRAMMERS.search(text), text


def test_did_you_mean_names_the_nearest_and_all() -> None:
    """The nearest name comes first, and every name is listed."""
    assert did_you_mean("paymnts", ["shop", "payments"], what="teams") == (
        "did you mean `payments`? The teams are: shop, payments"
    )


def test_did_you_mean_without_anything_near() -> None:
    """Where nothing is near, nothing is guessed."""
    assert did_you_mean("zebra", ["shop"], what="teams") == "the teams are: shop"
    assert "there are no teams yet" in did_you_mean("zebra", [], what="teams")


def test_did_you_mean_stays_on_a_line() -> None:
    """A long list of names is cut."""
    remedy = did_you_mean("zebra", [f"team-{n}" for n in range(500)], what="teams")
    assert remedy.endswith("team-19, ...")


def _models(model: type[BaseModel]) -> list[type[BaseModel]]:
    below = [
        info.annotation
        for info in fields_of(model).values()
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)
    ]
    return [model, *(found for each in below for found in _models(each))]


@pytest.mark.parametrize("vendor", sorted(CONNECTORS))
def test_connectors_refuse_unknown_settings(vendor: str) -> None:
    """A misspelt setting of any connector is refused, and its values hide in errors."""
    for model in _models(CONNECTORS[vendor].settings):
        assert model.model_config.get("extra") == "forbid", model
        assert model.model_config.get("hide_input_in_errors") is True, model
