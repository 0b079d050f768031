"""How the customer feels, from the tone of the words and the score."""

from schemas.feedback import Match, Score, Sentiment

__all__ = ["decide_sentiment"]

_THRESHOLD = 0.2
_SCORE_SHARE = 1.2
"""How much the extremes of a score move a tone between -1 and 1."""


def decide_sentiment(tone: float, score: Score | None) -> tuple[Sentiment, Match | None]:
    """The sentiment, and what says so."""
    value = tone
    reasons = [f"tone {tone:+.2f}"] if tone else []
    if score is not None:
        value += (score.normalised - 0.5) * _SCORE_SHARE
        reasons.append(f"score {score.raw:g} of {max(score.low, score.high):g}")
    if value >= _THRESHOLD:
        sentiment = Sentiment.POSITIVE
    elif value <= -_THRESHOLD:
        sentiment = Sentiment.NEGATIVE
    else:
        return Sentiment.NEUTRAL, None
    return sentiment, Match(
        label=f"sentiment={sentiment.value}",
        rule="signal.tone" if tone else "signal.score",
        reason=", ".join(reasons),
    )
