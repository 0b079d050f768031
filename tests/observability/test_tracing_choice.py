"""Whether traces are exported, which of them, and what is said when they cannot be."""

import os
import subprocess
import sys

import pytest

from schemas.trace import parse, root
from workers.observability.tracing.choice import TracingError, check, endpoint, tracer_for, wanted
from workers.observability.tracing.sampling import Sampling
from workers.observability.tracing.tracer import NO_TRACER

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": " "},
        ENDPOINT | {"OTEL_SDK_DISABLED": "true"},
        ENDPOINT | {"OTEL_SDK_DISABLED": "TRUE"},
        ENDPOINT | {"OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_without_an_endpoint_nothing_is_traced(environ: dict[str, str]) -> None:
    """Nor where OpenTelemetry's own switches are off; whether the extra is there is not asked."""
    assert tracer_for("feedback", environ, installed=False) is NO_TRACER
    check(environ, installed=False)


def test_an_endpoint_without_the_extra_is_refused() -> None:
    """The message names the variable that asks for it and what to install."""
    with pytest.raises(TracingError, match=r"OTEL_EXPORTER_OTLP_ENDPOINT.*workers\[otel\]"):
        tracer_for("feedback", ENDPOINT, installed=False)
    with pytest.raises(TracingError, match="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        check({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x"}, installed=False)


def test_another_protocol_is_refused() -> None:
    """What would silently send nothing is a mistake in the settings."""
    with pytest.raises(TracingError, match=r"OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'.*4318"):
        check(ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, installed=True)
    check(ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, installed=True)
    assert wanted(ENDPOINT | {"OTEL_SDK_DISABLED": "false"})


def test_the_endpoint_is_read_as_the_specification_says() -> None:
    """The general address gets the signal's path, the address for traces is used as it is."""
    assert endpoint(ENDPOINT) == "http://collector:4318/v1/traces"
    assert endpoint({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c/base/"}) == "http://c/base/v1/traces"
    own = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c/mine"}
    assert endpoint(ENDPOINT | own) == "http://c/mine"


def test_without_an_endpoint_nothing_of_opentelemetry_is_imported() -> None:
    """Neither the SDK nor the exporter is in a process whose roles do not trace."""
    code = (
        "import sys\n"
        "from workers.observability.tracing.choice import tracer_for\n"
        "import workers.streaming.traced_watch, workers.ingest.watch, workers.delivery.sender\n"
        "tracer_for('feedback', {})\n"
        "names = ('opentelemetry.sdk', 'opentelemetry.exporter', 'google.protobuf')\n"
        "sys.exit(','.join(n for n in sys.modules if n.startswith(names)) or 0)\n"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("role", [["feedback"], []], ids=["one role", "all roles"])
def test_a_command_that_cannot_trace_ends_with_the_exit_code_of_settings(role: list[str]) -> None:
    """``productops run`` says at its start what is wrong, and does not restart children over it."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    asked = {
        **ENDPOINT,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "PRODUCTOPS_CONFIG_DIR": "deploy/example",
        "PRODUCTOPS_SAMPLE_DATA": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "workers.cli", "run", *role],
        env=environ | asked,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'" in done.stderr


@pytest.mark.parametrize(
    ("environ", "ratio"),
    [
        ({}, 1.0),
        ({"OTEL_TRACES_SAMPLER": "always_on"}, 1.0),
        ({"OTEL_TRACES_SAMPLER": "parentbased_always_off"}, 0.0),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25"}, 0.25),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "7"}, 1.0),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "few"}, 1.0),
        ({"OTEL_TRACES_SAMPLER": "parentbased_traceidratio"}, 1.0),
    ],
)
def test_sampling_is_set_by_the_standard_names(environ: dict[str, str], ratio: float) -> None:
    """An argument that is no share counts as all, as in OpenTelemetry's SDK."""
    assert Sampling.from_environment(environ).ratio == ratio


def test_a_share_takes_about_that_many_traces_and_a_larger_one_takes_them_too() -> None:
    """Decided by the trace id alone: roles agree, and a larger share misses none of a smaller."""
    traces = [parse(root(f"source#{number}")) for number in range(4_000)]
    ids = [trace.trace_id for trace in traces if trace is not None]
    tenth = {one for one in ids if Sampling(0.1).takes(one)}
    half = {one for one in ids if Sampling(0.5).takes(one)}
    assert 300 < len(tenth) < 500
    assert tenth < half
    assert all(Sampling(1.0).takes(one) for one in ids)
    assert not any(Sampling(0.0).takes(one) for one in ids)
