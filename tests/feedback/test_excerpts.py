"""Quotations that leave the system."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.feedback import Customer
from workers.feedback.message.excerpt import MAX_EXCERPT, excerpt, masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("write to jane.doe+x@mail.example.co.uk!", "write to [mail address]!"),
        ("card 4111 1111 1111 1111 please", "card [card number] please"),
        ("card 4111-1111-1111-1111", "card [card number]"),
        ("card 378282246310005.", "card [card number]."),
        ("IBAN DE89 3704 0044 0532 0130 00, thanks", "IBAN [account number], thanks"),
        ("GB29NWBK60161331926819", "[account number]"),
        ("call +1 (555) 010-9999 now", "call [phone number] now"),
        ("call 0170 1234567", "call [phone number]"),
        ("call (020) 7946-0958", "call [phone number]"),
        ("555-010-9999", "[phone number]"),
        ("00491701234567", "[card number]"),
        ("see https://x.example/reset?token=abc123 there", "see [link to x.example] there"),
        ("www.x.example/a", "[link to www.x.example]"),
        ("https://[bad", "[link]"),
        ("since 2026-03-01 at 10:30, version 3.12.4", "since 2026-03-01 at 10:30, version 3.12.4"),
        ("error 500 on order 123456, 12.50 EUR", "error 500 on order 123456, 12.50 EUR"),
        ("a@b is no address", "a@b is no address"),
        ("\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u0660", "[phone number]"),
    ],
)
def test_what_identifies_somebody_is_replaced(text: str, shown: str) -> None:
    """Addresses, cards, accounts, phones and links go; dates, versions and amounts stay."""
    assert masked(text) == shown


def test_the_customers_own_name_is_replaced() -> None:
    """Whole and in its words, as the tool writes it; not inside other words."""
    customer = Customer(id="1", name="Will Mayer-Ito")
    text = "Will Mayer-Ito here. Will it? will it? Willow. (Mayer-Ito)"
    assert masked(text, customer) == "[name] here. [name] it? will it? Willow. ([name])"
    assert masked("a.b", Customer(id="1", name="a.b c(d")) == "[name]"


def test_a_long_text_is_cut_between_words_after_masking() -> None:
    """Cutting never uncovers half a number, and the cut is marked."""
    text = "word " * 98 + "4111 1111 1111 1111 and more words than fit"
    shown = excerpt(text)
    assert len(shown) <= MAX_EXCERPT
    assert shown.endswith("…")
    assert "4111" not in shown
    assert excerpt("short") == "short"
    assert len(excerpt("x" * 100_000)) == MAX_EXCERPT


@given(st.text("0123456789 -+().@abAB:/", max_size=200))
def test_no_address_survives(text: str) -> None:
    """Whatever stands around it, an address or a long number is not in the excerpt."""
    shown = excerpt(f"{text} kim@mail.example {text} 4111111111111111 {text}")
    assert "kim@mail" not in shown
    assert "4111111111111111" not in shown


@pytest.mark.parametrize("piece", ["a@", "1 ", "+1(", "DE12 ", "https://", "a.", "0-", "(0) "])
def test_masking_is_quick_on_every_text(piece: str) -> None:
    """No text makes the patterns run away."""
    started = time.process_time()
    excerpt(piece * 50_000)
    assert time.process_time() - started < 1
