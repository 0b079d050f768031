"""What was done when, and as part of which trace: spans, and where they go.

Roles tell a ``Tracer`` of what they have done, afterwards and as values. Without an endpoint
that tracer is ``NO_TRACER`` and nothing of OpenTelemetry is imported.
"""
