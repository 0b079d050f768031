"""Rebuilding what a role has made: its results from history, its state in another format.

Reading order: ``span`` (which history), ``history`` (how it is read), ``build`` (pure: what today's
rules make of it), ``writing`` (the transactions), ``replay`` (beside the live role, then over).
``migration`` is on its own.
"""
