"""The packaged rules."""

import pytest

from workers.feedback.classification.rules.rulebook import (
    RulesInvalidError,
    load_rules,
    parse_rules,
)

TWICE = """
language: en
rules:
- {id: en.a, says: kind=bug, phrases: [x]}
- {id: en.a, says: kind=bug, phrases: [y]}
"""


def test_all_languages_are_there_and_cover_every_kind() -> None:
    """English, German, Spanish and French each have rules for every kind and urgency."""
    books = load_rules()
    assert set(books) == {"any", "en", "de", "es", "fr"}
    for language in ("en", "de", "es", "fr"):
        said = {label for rule in books[language].rules for label in rule.says}
        assert said == {
            "kind=bug",
            "kind=feature_request",
            "kind=question",
            "kind=complaint",
            "kind=praise",
            "kind=other",
            "urgency=low",
            "urgency=high",
            "urgency=critical",
        }
        assert books[language].negations
        assert books[language].conditionals
        assert books[language].courtesies


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ("language: en\nrules: [{id: en.a, says: kind=bugg, phrases: [x]}]", "kind=bugg"),
        ("language: en\nrules: [{id: de.a, says: kind=bug, phrases: [x]}]", "begin with en."),
        ("language: en\nrules: [{id: en.a, says: kind=bug, phrases: ['ab*']}]", "3 letters"),
        ("language: en\nrules: [{id: en.a, says: kind=bug, phrases: []}]", "phrases"),
        ("language: en\nrules: [{id: en.a, says: kind=bug, phrases: [no]}]", "phrases"),
        ("language: en\nrules: [{id: en.a, says: kind=bug, phrases: [x], wight: 1}]", "wight"),
        ("language: en\nrules: [{id: en.a, says: kind=bug, phrases: ['(a|b (c|d))']}]", "nested"),
        ("language: en\nrules: []\ncourtesies: ['hello (a|(b|c))']", "nested"),
        ("language: en\nrules: []\ncourtesies: ['...']", "no word"),
        (
            TWICE,
            "unique",
        ),
        ("language: [", "en.yaml"),
    ],
)
def test_a_wrong_rule_file_is_refused(rules: str, says: str) -> None:
    """A label, key, id or phrase that is wrong is an error that names it and the file."""
    with pytest.raises(RulesInvalidError, match=r"en\.yaml") as refused:
        parse_rules(rules, "en.yaml")
    assert says in str(refused.value)
