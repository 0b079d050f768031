"""A role as a person's command needs it: to look at its state or to decide anew, not to run."""

from collections.abc import Mapping
from pathlib import Path

from workers.config.load import ConfigurationInvalid, load, read
from workers.observability.metrics import Metrics
from workers.observability.tracing.tracer import NO_TRACER
from workers.runtime.stream_roles import STREAM_ROLES, feedback_role
from workers.streaming.engine.role import Role

__all__ = ["role_at_hand"]


def role_at_hand(name: str, config_dir: Path, environ: Mapping[str, str]) -> Role:
    """The role by today's files; raises ``ConfigurationInvalid``.

    Feedback is decided without any secret, so none has to be at hand for it: whoever tries rules
    has no business with tokens.
    """
    if name == "feedback":
        reading = read(config_dir, environ, secrets=False)
        if reading.findings:
            raise ConfigurationInvalid(reading.findings)
        if reading.team is not None and reading.route is not None:
            return feedback_role(reading.team, reading.route)
    return STREAM_ROLES[name](load(config_dir, environ), Metrics(), NO_TRACER)
