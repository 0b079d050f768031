"""Regular expressions that cannot run away.

Python's engine tries alternatives one after the other, so some patterns take longer than the
universe on some texts. Two measures keep every search short, whatever the text:

* an open-ended repetition (``*``, ``+``, ``{3,}``) reaches at most ``REACH`` characters
  beyond its minimum;
* the number of ways in which a pattern can match at one place is counted beforehand, and a
  pattern with more than ``MAX_WAYS`` is refused: nested repetitions, or many in a row.

The text searched is bounded by the caller (``workers.feedback.classification.reading.text``).
"""

import re
import warnings
from re import _parser  # type: ignore[attr-defined] # the only way to see a pattern's structure
from typing import Any

__all__ = ["MAX_PATTERN", "MAX_REPEAT", "MAX_WAYS", "REACH", "PatternError", "compile_pattern"]

REACH = 40
"""Characters that an open-ended repetition may take beyond its minimum."""
MAX_REPEAT = 200
"""The largest number of repetitions that may be asked for."""
MAX_WAYS = 3_400
"""Ways to match at one place; two open-ended repetitions and an optional part fit."""
MAX_PATTERN = 500
"""Characters of a pattern."""


class PatternError(ValueError):
    """A pattern that is wrong or could run away. ``position`` counts from 0."""

    def __init__(self, position: int, message: str, remedy: str) -> None:
        super().__init__(message)
        self.position = position
        self.message = message
        self.remedy = remedy


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """The pattern, ignoring capitals, its repetitions bounded; raises ``PatternError``."""
    if len(pattern) > MAX_PATTERN:
        raise PatternError(
            MAX_PATTERN,
            f"the expression is longer than {MAX_PATTERN} characters",
            "use several conditions",
        )
    _compile(pattern)  # errors name places in what the person wrote
    bounded = _bounded(pattern)
    if _ways(_parse(bounded)) > MAX_WAYS:
        raise PatternError(
            0,
            "the expression can match in too many ways, and a long text would take too long",
            "use at most two open-ended repetitions such as .* and none inside another",
        )
    return _compile(bounded)


def _parse(pattern: str) -> Any:
    try:
        return _parser.parse(pattern, re.IGNORECASE | re.DOTALL)
    except (OverflowError, RecursionError) as error:
        raise _too_deep() from error


def _compile(pattern: str) -> re.Pattern[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(pattern, re.IGNORECASE | re.DOTALL)
    except re.error as error:
        raise PatternError(
            error.pos or 0,
            f"the expression is not valid: {error.msg}",
            "put a backslash before a character that is meant literally",
        ) from error
    except Warning as error:
        raise PatternError(
            max(pattern.find("["), 0),
            "the expression has an ambiguous set of characters",
            "put a backslash before a [, &, ~, | or - that is meant literally",
        ) from error
    except (OverflowError, RecursionError) as error:
        raise _too_deep() from error


def _too_deep() -> PatternError:
    return PatternError(0, "the expression is too deep or too large", "use several conditions")


_ENDLESS = {"*": f"{{0,{REACH}}}", "+": f"{{1,{REACH + 1}}}"}
_COUNTED = re.compile(r"\{(?P<low>\d*)(?:(?P<open>,)|(?:,\d+)?)\}(?<!\{\})")
"""A counted repetition; any other brace stands for itself."""


def _bounded(pattern: str) -> str:
    """The same pattern with an upper bound on every open-ended repetition."""
    out: list[str] = []
    at = 0
    in_set = False
    repeated = False
    while at < len(pattern):
        character = pattern[at]
        step = character
        was_repeated, repeated = repeated, False
        if character == "\\":
            step = pattern[at : at + 2]
        elif in_set:
            in_set = character != "]"
        elif character == "[":
            in_set = True
            # a closing bracket right at the start of a set is a member of it
            step = next((s for s in ("[^]", "[]") if pattern.startswith(s, at)), character)
        elif counted := _COUNTED.match(pattern, at):
            step, repeated = counted[0], True
            if counted["open"]:
                low = int(counted["low"] or 0)
                out.append(f"{{{low},{low + REACH}}}")
                at += len(step)
                continue
        elif character in _ENDLESS:
            # after another repetition a plus makes that one possessive
            repeated = not was_repeated
            out.append(_ENDLESS[character] if repeated else character)
            at += 1
            continue
        elif character == "?":
            repeated = not was_repeated
        out.append(step)
        at += len(step)
    return "".join(out)


def _ways(parsed: Any) -> int:
    """An upper bound on the ways to match at one place, counted no further than needed."""
    ways = 1
    for operator, argument in parsed:
        ways *= _ways_of(str(operator), argument)
        if ways > MAX_WAYS:
            break
    return ways


def _ways_of(operator: str, argument: Any) -> int:
    if operator == "BRANCH":
        return sum(_ways(alternative) for alternative in argument[1])
    if operator == "SUBPATTERN":
        return _ways(argument[3])
    if operator == "ATOMIC_GROUP":
        return _ways(argument)
    if operator in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        return _ways_of_repeat(int(argument[0]), int(argument[1]), argument[2])
    if operator in {"GROUPREF", "GROUPREF_EXISTS", "ASSERT", "ASSERT_NOT"}:
        raise PatternError(
            0,
            "the expression refers to a group or looks around",
            "use separate conditions instead of (?=, (?!, (?<=, (?<! and \\1",
        )
    return 1


def _ways_of_repeat(low: int, high: int, body: Any) -> int:
    if high > MAX_REPEAT:
        raise PatternError(
            0, f"the expression repeats more than {MAX_REPEAT} times", "use a smaller number"
        )
    once = _ways(body)
    if once == 1:
        return high - low + 1
    total = 0
    for count in range(low, high + 1):
        total += once**count
        if total > MAX_WAYS:
            break
    return total
