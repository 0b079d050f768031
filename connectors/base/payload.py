"""JSON of others, read so that nothing in it can hurt later.

Lone surrogates (half of a character, which no UTF-8 can hold) become U+FFFD; NaN and
infinities become null; what is nested too deep or holds a number of absurd length is no JSON.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from connectors.base.errors import DataError, TransientError

__all__ = ["as_bytes", "read_json", "read_record", "records"]

_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")

M = TypeVar("M", bound=BaseModel)


def read_json(raw: bytes | str) -> Any:
    """The value; raises ``ValueError`` without a word of the content."""
    if isinstance(raw, bytes):
        text = raw.decode("utf-8-sig", errors="strict")
        suspicious = _ESCAPED_SURROGATE.search(raw) is not None
    else:
        text = raw
        suspicious = "\\u" in text or _SURROGATE.search(text) is not None
    try:
        value = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error.msg} at character {error.pos}") from None
    except (ValueError, RecursionError):
        raise ValueError("no JSON: nested too deep, or a number too long") from None
    return _scrub(value) if suspicious else value


def _no_number(name: str) -> None:
    del name


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_scrub(each) for each in value]
    if isinstance(value, dict):
        return {_scrub(key): _scrub(each) for key, each in value.items()}
    return value


def records(body: Any, name: str) -> list[Any]:
    """The list ``name`` of an answer; raises ``TransientError`` when it is not there."""
    found = body.get(name) if isinstance(body, Mapping) else None
    if not isinstance(found, list):
        raise TransientError(f"the answer has no list {name!r}")
    return found


def read_record(model: type[M], record: Any, kind: str) -> M:
    """The vendor's record as a model; raises ``DataError`` naming the fields, not the values."""
    try:
        return model.model_validate(record)
    except ValidationError as error:
        identifier = record.get("id") if isinstance(record, Mapping) else None
        raise DataError(
            f"{kind}: {describe(error)}", record_id=None if identifier is None else str(identifier)
        ) from None


def describe(error: ValidationError) -> str:
    """Which fields are wrong and how; no value of the record."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'record'}: {problem['msg']}"
        for problem in problems[:5]
    )


def as_bytes(record: Any) -> bytes:
    """A record as it goes into a dead letter."""
    return json.dumps(record, separators=(",", ":"), default=str).encode()
