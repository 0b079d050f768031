"""Who we are to a vendor: the only place where a secret becomes text."""

import base64
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import SecretStr

__all__ = ["Anonymous", "Basic", "Bearer", "Credentials"]


class Credentials(Protocol):
    """Makes the headers that prove who we are. Its ``repr`` shows no secret."""

    def headers(self) -> dict[str, str]:
        """Headers of every call."""
        ...


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Nobody."""

    def headers(self) -> dict[str, str]:
        """None."""
        return {}


@dataclass(frozen=True, slots=True)
class Bearer:
    """``Authorization: Bearer <token>``."""

    token: SecretStr = field(repr=False)

    def headers(self) -> dict[str, str]:
        """Headers of every call."""
        return {"Authorization": f"Bearer {self.token.get_secret_value()}"}


@dataclass(frozen=True, slots=True)
class Basic:
    """``Authorization: Basic <base64(user:password)>``."""

    user: str = field(repr=False)
    password: SecretStr = field(repr=False)

    def headers(self) -> dict[str, str]:
        """Headers of every call."""
        pair = f"{self.user}:{self.password.get_secret_value()}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
