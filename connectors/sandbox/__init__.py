"""Simulated vendors that speak HTTP, for the demo and the tests.

One invented company, Larkfield, and what its customers said in 60 days: a pure function of a
seed and a moment (``company``), served the way Zendesk serves it (``zendesk``), announced to
something that behaves like Slack (``slack``). ``demo`` writes the configuration that joins
them, and ``expectation`` says what must have arrived in the end.
"""
