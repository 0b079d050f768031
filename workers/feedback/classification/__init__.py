"""What a piece of feedback is: language, kind, product area, sentiment and urgency.

``RulesClassifier`` works from rules and signals; whatever fulfils ``Classifier`` can sit in
its place.
"""

from workers.feedback.classification.labels import ClassifiableText, Classifier, Labels

__all__ = ["ClassifiableText", "Classifier", "Labels"]
