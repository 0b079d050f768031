"""How the rows that hold counts are told from those of units; needs nothing that is not here."""

__all__ = ["COUNTED"]

COUNTED = "counted/"
"""Before the keys of the rows that hold counts; no unit's name begins so."""
