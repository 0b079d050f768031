"""Literal secrets: recognised by the field they stand in, or by what they look like."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workers.config.documents import Location, Scalar
from workers.config.findings import Code, Place, Problem
from workers.config.secrets.references import REFERENCE

__all__ = ["MASK", "Mask", "literal_problem", "looks_secret", "mask_line", "mask_looks"]

MASK = "********"

_LOOKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "a Slack token",
        re.compile(r"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{6,}|xapp-[A-Za-z0-9-]{6,}"),
    ),
    (
        "the address of a Slack webhook",
        re.compile(
            r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_+-]{6,}"
        ),
    ),
    ("a bearer token", re.compile(r"(?i:bearer)\s+(?=[^\s]*\d)[A-Za-z0-9._~+/=-]{12,}")),
    ("basic credentials", re.compile(r"(?i:basic)\s+(?=[^\s]*[\d=])[A-Za-z0-9+/]{12,}={0,2}")),
    ("a signing secret", re.compile(r"whsec_[A-Za-z0-9+/=]{16,}")),
    ("a GitHub token", re.compile(r"(?:gh[opsur]_|github_pat_)[A-Za-z0-9_]{16,}")),
    ("a GitLab token", re.compile(r"glpat-[A-Za-z0-9_-]{16,}")),
    ("an AWS key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("a Stripe key", re.compile(r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{12,}")),
    ("a signed token", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    ("a password in an address", re.compile(r"(?<=://)[^\s/:@]+:(?!\$\{)[^\s/@]+@")),
)

_NAMED = re.compile(
    r"(?P<name>[\"']?[\w.-]*(?:token|secret|password|passwd|api_?key|private_?key|credential)s?"
    r"[\"']?\s*[:=]\s*)(?P<value>[^\s#].*)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mask:
    """Lines of a file whose values must not be shown, from a column on."""

    first_line: int
    column: int
    last_line: int

    def applied(self, number: int, line: str) -> str:
        """The line with what is secret replaced."""
        if not self.first_line <= number <= self.last_line:
            return line
        return line[: self.column - 1] + MASK if number == self.first_line else MASK


def literal_problem(scalar: Scalar, path: Location) -> Problem | None:
    """A field that holds a secret must refer to the environment, not hold the value.

    ``path`` ends with the field; what stands before it gives the variable its name.
    """
    if scalar.empty or REFERENCE.search(scalar.written) or not scalar.text:
        return None
    names = [step for step in path if isinstance(step, str)]
    name = names[-1]
    variable = re.sub(r"\W+", "_", "_".join(names[-2:])).upper()
    return Problem(
        scalar.place,
        Code.LITERAL_SECRET,
        f"`{name}` is a secret and must not stand in the file",
        f"write `{name}: ${{{variable}}}`, set that environment variable, and replace the "
        "secret: it has been in a file",
    )


def looks_secret(lines: Sequence[str]) -> Iterable[tuple[Problem, Mask]]:
    """What looks like a secret anywhere in a file, comments included."""
    for number, line in enumerate(lines, 1):
        for what, pattern in _LOOKS:
            for found in pattern.finditer(line):
                place = Place(number, found.start() + 1, found.end() - found.start())
                problem = Problem(
                    place,
                    Code.LITERAL_SECRET,
                    f"this looks like {what}, which must not stand in the file",
                    "write ${NAME} instead, set that environment variable, and replace the "
                    "secret: it has been in a file",
                )
                yield problem, Mask(number, place.column, number)


def mask_looks(text: str) -> str:
    """Text with everything replaced that looks like a secret."""
    for _, pattern in _LOOKS:
        text = pattern.sub(MASK, text)
    return text


def mask_line(text: str) -> str:
    """A line of a file, also without the value of a field whose name says that it is secret."""
    text = mask_looks(text)
    found = _NAMED.search(text)
    if found and "${" not in found["value"]:
        text = text[: found.start("value")] + MASK
    return text
