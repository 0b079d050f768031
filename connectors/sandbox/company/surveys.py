"""The history file: what a survey tool exported before anybody connected it."""

import random
from datetime import datetime

from connectors.sandbox.company.model import SurveyRow
from connectors.sandbox.company.people import People
from connectors.sandbox.company.phrasebook import Phrasebook

__all__ = ["history"]


def history(seed: int, now: datetime, people: People, book: Phrasebook) -> tuple[SurveyRow, ...]:
    """The lines of the file."""
    del seed, now, people, book
    _ = random
    return ()
