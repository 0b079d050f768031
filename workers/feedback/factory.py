"""Makes the feedback processor from a team and its routes. Importing this loads no model."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workers.config.routes import Route
    from workers.config.team import Team
    from workers.feedback.processor import FeedbackProcessor

__all__ = ["make_processor"]


def make_processor(team: "Team", route: "Route") -> "FeedbackProcessor":
    """The processor with its models loaded, which takes about a second."""
    from workers.feedback.classification.rules_classifier import (  # noqa: PLC0415 - models
        RulesClassifier,
    )
    from workers.feedback.processor import FeedbackProcessor  # noqa: PLC0415
    from workers.feedback.routing.tree import RouteTree  # noqa: PLC0415

    return FeedbackProcessor(RulesClassifier(team.areas), RouteTree(route, team), team)
