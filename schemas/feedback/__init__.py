"""Events about feedback: what customers said, what it is, who it went to."""

from schemas.feedback.classified import FeedbackClassified, Kind, Match, Sentiment, Urgency
from schemas.feedback.received import Channel, Customer, FeedbackReceived, Part, Score
from schemas.feedback.routed import FeedbackRouted, Target

__all__ = [
    "Channel",
    "Customer",
    "FeedbackClassified",
    "FeedbackReceived",
    "FeedbackRouted",
    "Kind",
    "Match",
    "Part",
    "Score",
    "Sentiment",
    "Target",
    "Urgency",
]
