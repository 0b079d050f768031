"""The fate of each record of a page, for the fuse."""

from collections.abc import Sequence

from connectors.base.contract import Page

__all__ = ["fates"]


def fates(page: Page) -> Sequence[bool]:
    """One for each record, ``True`` for a dead one; the dead stand evenly among the others.

    A page does not say in which order its records stood, so only one without a single event adds
    to a run of dead records as a whole.
    """
    dead, records = len(page.dead), len(page.events) + len(page.dead)
    return [(nth + 1) * dead // records > nth * dead // records for nth in range(records)]
