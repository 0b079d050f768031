"""What routes ask about."""

from dataclasses import dataclass

from workers.config.matchers import Fields, Matcher, Verdict

__all__ = ["Facts"]


@dataclass(frozen=True, slots=True)
class Facts:
    """The fields of an item, and which questions its parts have answered with yes.

    Words, tags and attributes of a part are asked when the part is read and then forgotten:
    only the keys of the conditions that found something are kept. So an item's later parts
    can be routed by what its first part said, without anybody keeping what it said.
    """

    fields: Fields
    found: frozenset[str] = frozenset()
    """``Matcher.key`` of every condition about parts that some part of the item meets."""

    def judge(self, matcher: Matcher) -> Verdict:
        """Whether a condition holds, in words. The only way in which routes ask."""
        return matcher.verdict(self.fields, found=self._answers(matcher))

    def holds(self, matcher: Matcher) -> bool:
        """The same without the words."""
        return self._answers(matcher) is not matcher.negated

    def _answers(self, matcher: Matcher) -> bool:
        return matcher.key in self.found if matcher.of_part else matcher.found(self.fields)
