"""Whether spans are exported: decided from OpenTelemetry's own environment variables."""

from collections.abc import Mapping
from importlib.util import find_spec

from workers.observability.tracing.tracer import NO_TRACER, Tracer

__all__ = ["EXTRA", "TracingError", "check", "endpoint", "tracer_for", "wanted"]

EXTRA = "productops-workers[otel]"

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_HTTP = "http/protobuf"
_EXPORTER = "opentelemetry.exporter.otlp.proto.http"


class TracingError(Exception):
    """Spans are to be exported and cannot be. The message says what to do."""


def wanted(environ: Mapping[str, str]) -> bool:
    """Whether an endpoint is set, and neither the SDK nor the export of traces switched off."""
    if _set(environ, "OTEL_SDK_DISABLED").lower() == "true":
        return False
    if _set(environ, "OTEL_TRACES_EXPORTER").lower() == "none":
        return False
    return any(_set(environ, name) for name in _ENDPOINTS)


def endpoint(environ: Mapping[str, str]) -> str:
    """Where traces go: the address for traces as it is, the one for all signals with its path."""
    own = _set(environ, _ENDPOINTS[0])
    return own or f"{_set(environ, _ENDPOINTS[1]).rstrip('/')}/v1/traces"


def tracer_for(role: str, environ: Mapping[str, str], *, installed: bool | None = None) -> Tracer:
    """The role's tracer: ``NO_TRACER`` unless ``wanted``. Raises as ``check`` does."""
    if not wanted(environ):
        return NO_TRACER
    check(environ, installed=installed)
    from workers.observability.tracing.otlp import OtlpTracer  # noqa: PLC0415 - an optional extra

    return OtlpTracer.from_environment(role, environ, endpoint=endpoint(environ))


def check(environ: Mapping[str, str], *, installed: bool | None = None) -> None:
    """Raise ``TracingError`` when traces are ``wanted`` and cannot be exported.

    That is when the extra is missing or a setting asks for what there is not. ``installed`` says
    whether the extra is there; it is looked for if that is not said.
    """
    if not wanted(environ):
        return
    setting = next(name for name in _ENDPOINTS if _set(environ, name))
    if not (_found() if installed is None else installed):
        raise TracingError(
            f"{setting} is set, and the packages that export traces are not installed: "
            f"pip install '{EXTRA}', or unset it (OTEL_SDK_DISABLED=true does, too)"
        )
    for name in _PROTOCOLS:
        protocol = _set(environ, name)
        if protocol and protocol != _HTTP:
            raise TracingError(
                f"{name} is {protocol!r}: traces are exported by {_HTTP} only; unset it, and give "
                f"{setting} the collector's HTTP port (4318 as a rule)"
            )


def _found() -> bool:
    try:
        return find_spec(_EXPORTER) is not None and find_spec("opentelemetry.sdk") is not None
    except ModuleNotFoundError:
        return False


def _set(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name, "").strip()
