"""A person's work on a cluster: whatever goes wrong ends in one line and an exit code."""

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, NoReturn, TypeVar

import click
from aiokafka.errors import KafkaError

from workers.cli.surroundings import EXIT_FAILED, EXIT_REFUSED
from workers.config.settings import KafkaSettings
from workers.streaming.access.errors import ClusterError
from workers.streaming.access.reasons import refused_right
from workers.streaming.access.rights import Right
from workers.streaming.connection.clients import client_settings
from workers.streaming.engine.recovery.restore import RestoreError
from workers.streaming.topics.at_hand import check_at_hand

__all__ = ["carried_out", "end"]

T = TypeVar("T")
Errors = tuple[type[Exception], ...]


def carried_out(
    kafka: KafkaSettings,
    needed: Iterable[Right],
    work: Callable[[dict[str, Any]], Coroutine[Any, Any, T]],
    *,
    refused: Errors = (),
    failed: Errors = (),
    rest: Callable[[], str] = str,
) -> T:
    """What ``work`` returns, which is given aiokafka's settings; or the end of the process.

    It begins once the cluster answers, grants what is ``needed`` and has the topics at hand.
    Errors of ``refused`` end it with exit code 4, those of ``failed`` and of the cluster with 1;
    ``rest`` says after the latter what is done and what is not.
    """
    told: Errors = (ClusterError, RestoreError, *failed)
    for name in ("aiokafka", "asyncio", "kafka"):  # what goes wrong is told once, by us
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        check_at_hand(kafka, needed)
        return asyncio.run(work(client_settings(kafka)))
    except refused as error:
        end(str(error), EXIT_REFUSED)
    except told as error:
        end(f"{error}{rest()}", EXIT_FAILED)
    except (KafkaError, TimeoutError, OSError) as error:
        end(f"{_reason(error)}{rest()}", EXIT_FAILED)


def end(message: str, code: int) -> NoReturn:
    """End the process with one line."""
    click.echo(f"productops: {message}", err=True)
    sys.exit(code)


def _reason(error: Exception) -> str:
    right = refused_right(error)
    if right is not None:
        return right
    name = type(error).__name__
    if isinstance(error, TimeoutError):
        return f"Kafka did not answer in time ({name}): look whether all brokers run"
    return f"{name}: {error}"
