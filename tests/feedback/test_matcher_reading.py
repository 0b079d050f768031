"""Conditions of routes: what is read, what is refused and how."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.config.matchers import FIELDS, Fields, MatcherError, parse_matcher

KNOWN = {"area": ("billing", "checkout"), "source": ("desk",)}


@pytest.mark.parametrize(
    ("condition", "fields", "holds"),
    [
        ("kind = bug", {"kind": "bug"}, True),
        ("kind = BUG", {"kind": "bug"}, True),
        ("kind = bug", {"kind": "question"}, False),
        ("kind = bug", {}, False),
        ("kind != praise", {"kind": "bug"}, True),
        ("kind != praise", {"kind": "praise"}, False),
        ("kind != praise", {}, True),
        ("area in (billing, checkout)", {"area": "checkout"}, True),
        ("area in (billing, checkout)", {"area": None}, False),
        ("area not in (billing)", {"area": "billing"}, False),
        ("area NOT  IN (billing)", {"area": "checkout"}, True),
        ("area not in (billing)", {"area": None}, True),
        ("urgency >= high", {"urgency": "critical"}, True),
        ("urgency >= high", {"urgency": "high"}, True),
        ("urgency >= high", {"urgency": "normal"}, False),
        ("urgency > high", {"urgency": "high"}, False),
        ("urgency < high", {"urgency": "low"}, True),
        ("urgency <= low", {"urgency": "normal"}, False),
        ("sentiment < neutral", {"sentiment": "negative"}, True),
        ("score.normalised < 0.4", {"score.normalised": 0.39}, True),
        ("score.normalised < 0.4", {"score.normalised": 0.4}, False),
        ("score.normalised <= 0.4", {"score.normalised": 0.4}, True),
        ("score.normalised < 0.4", {}, False),
        ("score.raw = 2", {"score.raw": 2.0}, True),
        ("score.raw != 2", {"score.raw": 3.0}, True),
        ("score.raw > -1", {"score.raw": 0.0}, True),
        ('text =~ "charged twice"', {"text": "I was CHARGED TWICE today"}, True),
        ('text =~ "charged.*twice"', {"text": "charged\nme twice"}, True),
        ('text =~ "^charged"', {"text": "was charged"}, False),
        ('text !~ "refund"', {"text": "no money back"}, True),
        ('text !~ "refund"', {}, True),
        ("text =~ 'say \"hi\"'", {"text": 'they say "hi"'}, True),
        (r'text =~ "say \"hi\""', {"text": 'they say "hi"'}, True),
        (r'text =~ "\bpay\b"', {"text": "repay"}, False),
        ("tags = vip", {"tags": ("new", "VIP")}, True),
        ("tags != vip", {"tags": ("new", "vip")}, False),
        ("tags not in (vip, gold)", {"tags": ("new",)}, True),
        ('attributes.brand = "Acme Corp"', {"attributes.brand": "acme corp"}, True),
        ("attributes.seats > 10", {"attributes.seats": "25"}, True),
        ("attributes.seats > 10", {"attributes.seats": "many"}, False),
        ("customer.organization =~ acme", {"customer.organization": ("Acme Inc", "77")}, True),
    ],
)
def test_a_condition_holds_or_not(condition: str, fields: Fields, holds: bool) -> None:  # noqa: FBT001
    """Equality ignores capitals, absence meets negative conditions only, order is by place."""
    assert parse_matcher(condition, KNOWN).holds(fields) is holds


@pytest.mark.parametrize(
    ("condition", "column", "message", "remedy"),
    [
        ("", 1, "the condition is empty", "kind = bug"),
        ("knd = bug", 1, "there is no field knd", "did you mean kind?"),
        ("attributes. = x", 1, "there is no field attributes.", "attributes.<name>"),
        ("kind == bug", 6, "== is no operator", "use ="),
        ("kind => bug", 6, "=> is no operator", "use >="),
        ("kind", 5, "an operator is missing", "=~"),
        ("kind bug", 6, "'bug' is no operator", "not in"),
        ("kind < bug", 6, "kind cannot be compared with <", "in"),
        ("text = refund", 6, "text cannot be compared with =", "=~ !~"),
        ("kind = ", 8, "a value is missing", "write a value"),
        ("kind = bgu", 8, "kind is never 'bgu'", "did you mean bug?"),
        ("kind in (bug, prase)", 15, "kind is never 'prase'", "did you mean praise?"),
        ("area = biling", 8, "area is never 'biling'", "did you mean billing?"),
        ("area in billing", 9, "a list is missing", "(one, two)"),
        ("area in (billing", 17, "the list is not closed", ")"),
        ("area in (billing checkout)", 18, "unexpected 'checkout)'", "commas"),
        ('kind = "bug', 8, "a quotation mark is opened", 'add "'),
        ("kind = bug and area = billing", 12, "'and' cannot join", "an entry of its own"),
        ("kind = feature request", 16, "unexpected 'request'", '"quotes"'),
        ("score.raw < low", 13, "'low' is none", "0.4"),
        ("score.raw < nan", 13, "'nan' is none", "0.4"),
        ('text =~ "a(b"', 11, "not valid", "backslash"),
        ('text =~ ""', 9, "the expression is empty", "what to search"),
        ('text =~ "[[a]"', 10, "ambiguous", "backslash"),
    ],
)
def test_what_cannot_work_is_refused_at_its_column(
    condition: str, column: int, message: str, remedy: str
) -> None:
    """The column counts from 1 and points at what is wrong; the remedy is something to write."""
    with pytest.raises(MatcherError) as refused:
        parse_matcher(condition, KNOWN)
    assert refused.value.column == column
    assert message in refused.value.message
    assert remedy in refused.value.remedy


@given(st.text(max_size=60) | st.from_regex(r"(kind|text|area|tags) ?(=|=~|in) ?.{0,20}"))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever somebody writes, the answer is a condition or a column within the text."""
    refused = None
    try:
        parse_matcher(text)
    except MatcherError as error:
        refused = error
    assert refused is None or (
        1 <= refused.column <= len(text) + 1 and refused.message and refused.remedy
    )


@given(
    field=st.sampled_from([field.name for field in FIELDS if not field.values] + ["attributes.x"]),
    value=st.text(min_size=1, max_size=20).filter(lambda text: "\\" not in text),
)
def test_a_condition_is_written_so_that_it_reads_back(field: str, value: str) -> None:
    """``str`` of a condition is a condition with the same meaning and key."""
    for operator in ("=", "!=", "=~"):
        try:
            matcher = parse_matcher(f"{field} {operator} '{value}'")
        except MatcherError:
            continue
        again = parse_matcher(str(matcher))
        assert (again, again.key) == (matcher, matcher.key)


def test_a_condition_says_what_was_expected_and_what_was_there() -> None:
    """Both sides stand in the verdict, in words, the actual one cut to a line."""
    matcher = parse_matcher("area not in (billing, checkout)")
    verdict = matcher.judge({"area": "billing"})
    assert (verdict.holds, verdict.expected, verdict.actual) == (
        False,
        "anything but billing or checkout",
        "billing",
    )
    long = parse_matcher("text =~ refund").judge({"text": "x\n" * 200})
    assert (long.expected, len(long.actual)) == ("a match of refund", 80)
    assert parse_matcher("urgency > low").judge({}).actual == "nothing"


def test_a_negative_condition_has_the_key_of_its_question() -> None:
    """``=`` and ``!=`` ask the same question, so its answer is kept once."""
    asked = [parse_matcher(text).key for text in ("tags = vip", "tags != vip", "tags = new")]
    assert asked[0] == asked[1] != asked[2]
