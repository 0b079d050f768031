"""What became of a fault."""

from dataclasses import dataclass

__all__ = ["NotRun", "Outcomes", "Verdict"]


@dataclass(frozen=True)
class Verdict:
    """What a fault did, by comparison with an undisturbed run over the same input."""

    events: int
    lost: int
    doubled: int
    outputs_equal: bool
    state_equal: bool
    letters_equal: bool
    kills: int
    """SIGKILLs of workers and brokers that were carried out."""
    seconds: float
    """From the end of the last fault until the lag of the events was 0."""
    deaths: int
    """Workers that ended by themselves and were started again, as their supervisor would."""

    def wrong(self) -> list[str]:
        """What is not as it would be without the fault, in words."""
        found = {
            "no events": not self.events,
            f"{self.lost} lost": self.lost,
            f"{self.doubled} doubled": self.doubled,
            "outputs differ": not self.outputs_equal,
            "state differs": not self.state_equal,
            "dead letters differ": not self.letters_equal,
        }
        return [words for words, holds in found.items() if holds]


@dataclass(frozen=True)
class NotRun:
    """A fault that this machine cannot have."""

    reason: str


Outcomes = dict[str, Verdict | NotRun | BaseException]
"""By the name of the fault; an exception is what went wrong in it."""
