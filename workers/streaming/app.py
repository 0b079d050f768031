"""The Faust app of a role: what of Faust is used, and with which settings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import faust
from faust.app.base import BootStrategy

from workers.config.settings import Membership
from workers.streaming.engine.role import Role
from workers.streaming.monitor import QuietMonitor
from workers.streaming.transport import ChunkSchema, ChunkTransport

__all__ = ["input_topic", "make_app"]


class _Boot(BootStrategy):
    """Starts the consumer alone.

    Faust's own producer has nothing to send, for tasks have theirs; and it would connect by
    Faust's settings, which know nothing of TLS and SASL as ours do.
    """

    enable_kafka_producer = False
    enable_web = False


class _App(faust.App):
    """An app that keeps nothing on disk."""

    BootStrategy = _Boot

    def _create_directories(self) -> None:
        """Nothing: state is in memory and in Kafka."""


def make_app(
    role: Role,
    client: Mapping[str, Any],
    *,
    data_dir: Path,
    max_poll_records: int,
    membership: Membership = Membership(),  # noqa: B008 - frozen
) -> faust.App:
    """The app with our transport; it declares no topics, serves no pages, elects no leader.

    The web endpoints that show state and routes are off, as is everything that would create
    topics behind the registry's back. Logging is ours.
    """
    servers = client["bootstrap_servers"]
    app = _App(
        role.group,
        broker=[f"kafka://{server}" for server in servers],
        consumer_group_instance_id=membership.instance_id(role.group),
        broker_session_timeout=membership.session_seconds,
        broker_heartbeat_interval=membership.heartbeat_seconds,
        broker_rebalance_timeout=30.0,
        broker_request_timeout=40.0,
        broker_max_poll_records=max_poll_records,
        broker_max_poll_interval=300.0,
        broker_commit_interval=3_600.0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=role.partitions,
        table_standby_replicas=0,
        store="memory://",
        web_enabled=False,
        stream_wait_empty=False,
        stream_recovery_delay=0.0,
        worker_redirect_stdouts=False,
        logging_config=None,
        Monitor=QuietMonitor,
        datadir=str(data_dir),
    )
    transport = ChunkTransport([*app.conf.broker_consumer], app)
    transport.client_settings = dict(client)
    app.transport = transport
    return app


def input_topic(app: faust.App, role: Role) -> Any:
    """All inputs of the role as one Faust topic whose messages are chunks."""
    return app.topic(
        *(topic.name for topic in role.inputs), schema=ChunkSchema(), acks=False, internal=True
    )
