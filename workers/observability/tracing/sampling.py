"""Which traces are exported. Pure.

Decided by the trace id alone, so that every role takes the same traces: a trace is exported as
a whole or not at all. Names and arguments are those of ``OTEL_TRACES_SAMPLER``; the flag of a
sender who did not want to be sampled is heeded in any case.
"""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Sampling"]

_RANGE = 1 << 64


@dataclass(frozen=True, slots=True)
class Sampling:
    """Takes this share of the traces, 0 to 1."""

    ratio: float = 1.0

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Sampling":
        """As the variables say; an argument that is no share counts as 1, as in the SDK."""
        sampler = environ.get("OTEL_TRACES_SAMPLER", "").strip().lower()
        if sampler.endswith("always_off"):
            return cls(0.0)
        if not sampler.endswith("traceidratio"):
            return cls(1.0)
        try:
            ratio = float(environ.get("OTEL_TRACES_SAMPLER_ARG", "1"))
        except ValueError:
            return cls(1.0)
        return cls(ratio if 0.0 <= ratio <= 1.0 else 1.0)

    def takes(self, trace_id: str) -> bool:
        """Whether spans of the trace are exported; by the last 16 digits, as the SDK does it."""
        return self.ratio >= 1.0 or int(trace_id[16:], 16) < self.ratio * _RANGE
