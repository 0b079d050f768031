"""Who feedback goes to: a tree of routes over what an item is, and why each route took it."""

from workers.feedback.routing.decision import Decision
from workers.feedback.routing.explain import Explained, Outcome
from workers.feedback.routing.facts import Facts
from workers.feedback.routing.tree import RouteTree

__all__ = ["Decision", "Explained", "Facts", "Outcome", "RouteTree"]
