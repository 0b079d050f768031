"""Why a row of a changelog cannot be read, in words with the remedy. Pure."""

from typing import Any

from aiokafka import TopicPartition

from workers.processor import Codec, OtherFormatError, Upgrading

__all__ = ["refusal", "role_of"]

_PREFIX, _SUFFIX = "platform.", ".changelog.v1"


def refusal(tp: TopicPartition, codec: Codec[Any], raw: bytes, error: ValueError) -> str:
    """What to say when ``codec`` refuses ``raw``, a row of ``tp``, with ``error``.

    An older format that the codec can bring up to date is named with the command that does it;
    a newer one with the version to run. Nothing of the row itself is quoted.
    """
    where = f"{tp.topic} partition {tp.partition}"
    if not isinstance(error, OtherFormatError):
        return (
            f"a row of {where} cannot be read ({_shortly(error)}). Run the version that wrote it, "
            "or rebuild the state from its inputs"
        )
    formats = f"{where} holds rows of format {error.found}, this version has {error.wanted}"
    if _newer(error):
        return f"{formats}: run the version that wrote them, or a later one. Nothing was changed"
    if _upgrades(codec, raw):
        return (
            f"{formats}: stop the role everywhere, then bring them up to date with "
            f"`productops state migrate {role_of(tp.topic)}`, then start it again. Nothing was "
            "changed"
        )
    return (
        f"{formats}, and cannot bring them up to date: run the version that wrote them, or rebuild "
        "the state from its inputs"
    )


def role_of(changelog: str) -> str:
    """The role that a changelog belongs to, as its topic's name says."""
    return changelog.removeprefix(_PREFIX).removesuffix(_SUFFIX)


def _newer(error: OtherFormatError) -> bool:
    return isinstance(error.found, int) and error.found > error.wanted


def _upgrades(codec: Codec[Any], raw: bytes) -> bool:
    if not isinstance(codec, Upgrading):
        return False
    try:
        return codec.upgrade(raw) is not None
    except ValueError:
        return False


def _shortly(error: ValueError) -> str:
    """The first line, which names the problem; what follows may quote the row."""
    return str(error).split("\n", maxsplit=1)[0][:200]
