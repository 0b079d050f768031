"""Environment variables, read one by one; what is wrong with them is collected, not raised."""

import math
from collections.abc import Mapping
from pathlib import Path

__all__ = ["Environment"]

_YES = ("true", "yes", "1")
_NO = ("false", "no", "0")


class Environment:
    """Reads variables; an empty one is an absent one, as compose files pass them."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.problems: list[str] = []
        """What is wrong, a line each: the variable and the remedy."""

    def text(self, name: str) -> str | None:
        """The variable, ``None`` when it is not set."""
        return self._variables.get(name) or None

    def port(self, name: str, default: int) -> int:
        """A port number."""
        raw = self.text(name)
        if raw is None:
            return default
        if raw.isascii() and raw.isdigit() and 0 < int(raw) < 65_536:  # noqa: PLR2004
            return int(raw)
        self.problems.append(f"{name}={raw!r} is no port: give a number from 1 to 65535")
        return default

    def number(self, name: str, default: float, least: float, most: float) -> float:
        """A number, whole or not, from ``least`` to ``most``."""
        raw = self.text(name)
        if raw is None:
            return default
        try:
            value = float(raw)
        except ValueError:
            value = math.nan
        if least <= value <= most:
            return value
        self.problems.append(f"{name}={raw!r}: give a number from {least:g} to {most:g}")
        return default

    def one_of(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """One of the allowed values."""
        value = self.text(name) or default
        if value not in allowed:
            self.problems.append(f"{name}={value!r}: allowed are {', '.join(allowed)}")
            return default
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """``true`` or ``false``."""
        value = (self.text(name) or ("true" if default else "false")).lower()
        if value not in (*_YES, *_NO):
            self.problems.append(f"{name}={value!r}: allowed are true, false")
            return default
        return value in _YES

    def file(self, name: str) -> Path | None:
        """The file that a variable names, absolute; it must be readable."""
        given = self.text(name)
        if given is None or self._read(name, given) is None:
            return None
        return Path(given).absolute()

    def secret(self, name: str) -> str | None:
        """The variable, or the content of the file that ``<name>_FILE`` names."""
        value, file = self.text(name), self.text(f"{name}_FILE")
        if value and file:
            self.problems.append(f"{name} and {name}_FILE are both set: keep one of them")
        return value if file is None else self.content(f"{name}_FILE")

    def content(self, name: str) -> str | None:
        """The text in the file that a variable names, without blanks around it."""
        file = self.text(name)
        content = None if file is None else self._read(name, file)
        if content is None:
            return None
        try:
            text = content.decode().strip()
        except UnicodeDecodeError:
            self.problems.append(f"{name}={file!r} cannot be read: it is no text in UTF-8")
            return None
        if not text:
            self.problems.append(f"{name}={file!r} is empty")
        return text or None

    def _read(self, name: str, file: str) -> bytes | None:
        try:
            return Path(file).read_bytes()
        except OSError as error:
            self.problems.append(f"{name}={file!r} cannot be read: {error.strerror}")
            return None
