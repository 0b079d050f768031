"""Every metric of the system as data: name, help, unit, labels and their values.

The single place where a metric is declared. ``docs/metrics.md`` is generated from it, and a
test scrapes a registry and compares. Label values come from closed sets, or from names that
a configuration file declares (``configured``), never from events.
"""

from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["CATALOGUE", "Instrument", "Label", "Metric", "metric_named"]


class Instrument(StrEnum):
    """The kind of a metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Label:
    """A label; without ``values`` they are the names that configuration declares."""

    name: str
    values: tuple[str, ...] = ()

    @property
    def configured(self) -> bool:
        """Whether the values are declared names rather than a closed set."""
        return not self.values


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. Counters end in ``_total``; units are base units."""

    name: str
    instrument: Instrument
    help: str
    unit: str
    labels: tuple[Label, ...] = ()
    buckets: tuple[float, ...] = field(default=())


_C, _G, _H = Instrument.COUNTER, Instrument.GAUGE, Instrument.HISTOGRAM

STAGE = Label("stage", ("feedback", "delivery", "archive", "connectors"))
SOURCE = Label("source")
RECEIVER = Label("receiver")
PARTITION = Label("partition")
ERROR_CLASS = Label("error_class", ("decode", "process", "mapping", "oversized"))
SOURCE_ERROR = Label("error_class", ("configuration", "transient", "data"))
WAIT_REASON = Label("reason", ("budget", "retry_after", "backoff"))
KIND = Label("kind", ("bug", "feature_request", "question", "complaint", "praise", "other"))
URGENCY = Label("urgency", ("low", "normal", "high", "critical"))
OUTCOME = Label("outcome", ("delivered", "failed", "expired"))
WEB_PAGE = Label("page", ("inbox", "item", "messages", "sources", "dead_letters", "api", "other"))
VERDICT = Label("verdict", ("delivered", "retry", "unknown", "refused"))

_AGE = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400, 604_800)
_SIZES = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000)
_FAST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

CATALOGUE: tuple[Metric, ...] = (
    # every stage
    Metric("productops_build_info", _G, "1, with the version as label.", "", (Label("version"),)),
    Metric(
        "productops_ready",
        _G,
        "1 while the role is ready, as /readyz says.",
        "",
        (Label("role"),),
    ),
    Metric(
        "productops_stage_events_in_total",
        _C,
        "Events read from the input topics.",
        "events",
        (STAGE,),
    ),
    Metric("productops_stage_events_out_total", _C, "Events written.", "events", (STAGE,)),
    Metric(
        "productops_stage_events_failed_total",
        _C,
        "Records dead-lettered.",
        "events",
        (STAGE, ERROR_CLASS),
    ),
    Metric(
        "productops_stage_duplicates_total",
        _C,
        "Repeats of the world that changed nothing.",
        "events",
        (STAGE,),
    ),
    Metric(
        "productops_stage_late_total",
        _C,
        "Events older than ids are remembered: perhaps repeats, so they changed nothing.",
        "events",
        (STAGE,),
    ),
    Metric(
        "productops_stage_events_in_progress",
        _G,
        "Events fetched and not yet committed.",
        "events",
        (STAGE,),
    ),
    Metric(
        "productops_stage_last_event_timestamp_seconds",
        _G,
        "Event time of the newest event committed.",
        "seconds",
        (STAGE,),
    ),
    Metric(
        "productops_stage_event_age_seconds",
        _H,
        "Age of an event on leaving the stage: now minus its event time.",
        "seconds",
        (STAGE,),
        _AGE,
    ),
    Metric(
        "productops_stage_lag_events",
        _G,
        "Events written to a partition and not yet committed by the stage.",
        "events",
        (STAGE, PARTITION),
    ),
    Metric(
        "productops_stage_lag_seconds",
        _G,
        "How long the oldest of the events that wait has been waiting; 0 when none waits.",
        "seconds",
        (STAGE, PARTITION),
    ),
    Metric(
        "productops_stage_queue_events",
        _G,
        "Events fetched that wait for their chunk.",
        "events",
        (STAGE, PARTITION),
    ),
    Metric(
        "productops_stage_paused",
        _G,
        "1 while nothing more of the partition is fetched, for enough of it waits.",
        "",
        (STAGE, PARTITION),
    ),
    Metric(
        "productops_stage_chunk_events",
        _H,
        "Events of one chunk.",
        "events",
        (STAGE,),
        _SIZES,
    ),
    Metric(
        "productops_stage_chunk_seconds",
        _H,
        "Time of one chunk from decode to commit.",
        "seconds",
        (STAGE,),
        _FAST,
    ),
    Metric(
        "productops_stage_process_seconds",
        _H,
        "Time of one chunk before its transaction: decode and decide.",
        "seconds",
        (STAGE,),
        _FAST,
    ),
    Metric(
        "productops_stage_transaction_seconds",
        _H,
        "Time of one transaction, from begin to commit.",
        "seconds",
        (STAGE,),
        _FAST,
    ),
    Metric(
        "productops_stage_transactions_total",
        _C,
        "Transactions by how they ended.",
        "transactions",
        (STAGE, Label("result", ("committed", "aborted", "fenced"))),
    ),
    Metric(
        "productops_stage_rebalances_total",
        _C,
        "Assignments of partitions received.",
        "rebalances",
        (STAGE,),
    ),
    Metric(
        "productops_stage_state_rows",
        _G,
        "Rows of state held in memory.",
        "rows",
        (STAGE, PARTITION),
    ),
    Metric(
        "productops_stage_restore_records",
        _G,
        "Changelog records read by the last restore of a partition's state; few after a takeover "
        "from a standby copy.",
        "records",
        (STAGE, PARTITION),
    ),
    Metric(
        "productops_stage_standby_rows",
        _G,
        "Rows of the copy kept of a partition that another process owns.",
        "rows",
        (STAGE, PARTITION),
    ),
    Metric(
        "productops_stage_restore_seconds",
        _G,
        "Duration of the last restore of a partition's state.",
        "seconds",
        (STAGE, PARTITION),
    ),
    Metric(
        "productops_stage_halted",
        _G,
        "1 while a task, or what the archive reads of a partition, stands still until a person acts; "
        "the line task_halted in its log says why.",
        "",
        (STAGE, PARTITION),
    ),
    # sources
    Metric(
        "productops_source_interval_seconds",
        _G,
        "Time between two readings of the source, as configured.",
        "seconds",
        (SOURCE,),
    ),
    Metric(
        "productops_source_last_success_timestamp_seconds",
        _G,
        "When the source was last read to its end.",
        "seconds",
        (SOURCE,),
    ),
    Metric(
        "productops_source_records_total",
        _C,
        "Events written from the source.",
        "events",
        (SOURCE,),
    ),
    Metric(
        "productops_source_dead_records_total",
        _C,
        "Records of the source that could not be mapped.",
        "records",
        (SOURCE,),
    ),
    Metric(
        "productops_source_errors_total",
        _C,
        "Failed calls that were made again, and failed pulls: each failure once.",
        "errors",
        (SOURCE, SOURCE_ERROR),
    ),
    Metric(
        "productops_source_budget_left_calls",
        _G,
        "Calls the vendor still allows in the present window.",
        "calls",
        (SOURCE,),
    ),
    Metric(
        "productops_source_waited_seconds_total",
        _C,
        "Time spent waiting for the vendor.",
        "seconds",
        (SOURCE, WAIT_REASON),
    ),
    Metric(
        "productops_source_up",
        _G,
        "1 while the source is read, 0 when it is stopped and needs a person.",
        "",
        (SOURCE,),
    ),
    # feedback
    Metric(
        "productops_feedback_classified_total",
        _C,
        "Items classified for the first time.",
        "items",
        (KIND, URGENCY),
    ),
    Metric(
        "productops_feedback_routed_total",
        _C,
        "Items routed for the first time.",
        "items",
        (Label("team"),),
    ),
    # delivery
    Metric(
        "productops_message_attempts_total",
        _C,
        "Attempts to deliver a message.",
        "attempts",
        (RECEIVER, VERDICT),
    ),
    Metric(
        "productops_messages_settled_total",
        _C,
        "Messages by how they ended.",
        "messages",
        (RECEIVER, OUTCOME),
    ),
    Metric("productops_messages_pending", _G, "Messages in the outbox.", "messages", (PARTITION,)),
    # pages
    Metric(
        "productops_web_requests_total",
        _C,
        "Requests answered, by page and class of status.",
        "requests",
        (WEB_PAGE, Label("status", ("2xx", "3xx", "4xx", "5xx"))),
    ),
    Metric(
        "productops_web_request_seconds",
        _H,
        "Time to answer a request.",
        "seconds",
        (WEB_PAGE,),
        _FAST,
    ),
)


def metric_named(name: str) -> Metric:
    """The declared metric; raises ``LookupError``."""
    for metric in CATALOGUE:
        if metric.name == name:
            return metric
    msg = f"no metric {name!r} in the catalogue (workers/observability/catalogue.py)"
    raise LookupError(msg)
