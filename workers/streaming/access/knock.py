"""Knock at a cluster: a connection made and given up, to learn in seconds why it is refused.

The clients themselves try again and again and keep the reason to themselves.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiokafka.conn import AIOKafkaConnection, collect_hosts
from aiokafka.errors import BrokerNotAvailableError, KafkaError, SaslAuthenticationFailed
from aiokafka.protocol.metadata import MetadataRequest

from workers.config.variables.kafka import KafkaSettings
from workers.streaming.access.errors import AccessError, ClusterError
from workers.streaming.access.reasons import explained
from workers.streaming.connection.clients import client_settings

__all__ = ["knock", "knock_blocking"]

TIMEOUT_SECONDS = 5.0
"""For one server."""
_CLOSE_SECONDS = 0.2
"""For a connection to be gone; one that was never made says nothing."""


def knock_blocking(kafka: KafkaSettings) -> None:
    """``knock`` for code that blocks; in a thread of its own, for the caller's may have a loop."""
    with ThreadPoolExecutor(1, "knock") as thread:
        thread.submit(lambda: asyncio.run(knock(client_settings(kafka)))).result()


async def knock(client: Mapping[str, Any], *, seconds: float = TIMEOUT_SECONDS) -> None:
    """Return when a server of aiokafka's ``client`` settings lets us in.

    Raises ``AccessError`` when one refuses us and none lets us in, ``ClusterError`` when none
    answers; each server has ``seconds``. A broker that lets us in and names addresses which
    nobody can reach counts as refusing.
    """
    problems: list[ClusterError] = []
    for server in client["bootstrap_servers"]:
        try:
            named = await _brokers(server, client, seconds)
        except ClusterError as error:
            problems.append(error)
            continue
        await _check_named(server, named, client, seconds)
        return
    refusals = [problem for problem in problems if isinstance(problem, AccessError)]
    told = refusals or problems
    if not told:
        raise AccessError("KAFKA_BOOTSTRAP_SERVERS names no server")
    raise type(told[0])("; ".join(dict.fromkeys(str(problem) for problem in told)))


async def _check_named(
    server: str, named: list[str], client: Mapping[str, Any], seconds: float
) -> None:
    """Whether one of the brokers can be reached where the cluster says it is."""
    problems: list[ClusterError] = []
    for broker in named:
        if broker == server:
            return
        try:
            await _brokers(broker, client, seconds)
        except ClusterError as error:
            problems.append(error)
        else:
            return
    if problems:
        raise AccessError(
            f"{server} answers, but sends clients on (advertised.listeners), where: {problems[0]}"
        )


async def _brokers(server: str, client: Mapping[str, Any], seconds: float) -> list[str]:
    """Where the cluster says its brokers are."""
    ((host, port, _),) = collect_hosts([server], randomize=False)
    settings = {name: value for name, value in client.items() if name != "bootstrap_servers"}
    connection = AIOKafkaConnection(host, port, request_timeout_ms=int(seconds * 1000), **settings)
    try:
        async with asyncio.timeout(seconds):
            await connection.connect()
            metadata = await connection.send(MetadataRequest([]))
            if not metadata.brokers:
                raise _without_brokers(client)
    except (OSError, KafkaError, TimeoutError) as error:
        raise explained(error, server, client) from error
    finally:
        await asyncio.wait([connection.close()], timeout=_CLOSE_SECONDS)
    return [f"{broker[1]}:{broker[2]}" for broker in metadata.brokers]


def _without_brokers(client: Mapping[str, Any]) -> KafkaError:
    """What an empty list means: a cluster just starting, or a token that was refused.

    A refused token is answered with a challenge, which aiokafka takes for a welcome; what it
    reads from then on is empty.
    """
    if client.get("sasl_mechanism") == "OAUTHBEARER":
        return SaslAuthenticationFailed()
    return BrokerNotAvailableError()
