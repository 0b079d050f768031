"""Larkfield: an invented maker of planning software for field-service firms."""

from connectors.sandbox.company.build import Company, found
from connectors.sandbox.company.model import (
    Comment,
    Organisation,
    Person,
    Rating,
    SurveyRow,
    Ticket,
)

__all__ = [
    "Comment",
    "Company",
    "Organisation",
    "Person",
    "Rating",
    "SurveyRow",
    "Ticket",
    "found",
]
