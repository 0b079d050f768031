"""Conditions of routes: one string each, such as ``kind = bug`` or ``urgency >= high``.

``parse_matcher`` reads one and refuses what cannot work with the column, the reason and the
remedy; a ``Matcher`` decides over a flat mapping of fields. Pure.

How conditions compare, decided once for every field:

* ``=``, ``!=``, ``in``, ``not in`` ignore capitals. On a field with several values (tags)
  the positive ones ask whether any value fits, the negative ones whether none does.
* ``=~`` and ``!~`` search anywhere in the value, ignoring capitals; ``^`` and ``$`` anchor.
* A field without a value fits no positive condition and every negative one.
* ``<``, ``<=``, ``>``, ``>=`` compare numbers, or places in an ordered list such as urgency.
"""

from workers.config.matchers.condition import Fields, Matcher, Value, Verdict
from workers.config.matchers.error import MatcherError
from workers.config.matchers.fields import FIELDS, Field, Origin, field_named
from workers.config.matchers.parser import parse_matcher

__all__ = [
    "FIELDS",
    "Field",
    "Fields",
    "Matcher",
    "MatcherError",
    "Origin",
    "Value",
    "Verdict",
    "field_named",
    "parse_matcher",
]
