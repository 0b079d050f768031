"""A sound configuration to spoil, two invented connectors, an environment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from shutil import copytree
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from workers.config.load import Reading, read


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Plan(StrEnum):
    """Plans of the invented desk."""

    SMALL = "small"
    LARGE = "large"


class ByToken(_Settings):
    """Credentials of one kind."""

    kind: Literal["token"]
    token: Annotated[SecretStr, Field(min_length=1)]


class ByPassword(_Settings):
    """Credentials of another kind."""

    kind: Literal["password"]
    user: str
    password: SecretStr


class Desk(_Settings):
    """Settings of an invented support desk with every kind of field."""

    subdomain: Annotated[str, Field(pattern=r"^[a-z]+$", examples=["northwind"])]
    """The first part of the account's address."""
    api_token: SecretStr | None = None
    plan: Plan = Plan.SMALL
    page_size: Annotated[int, Field(ge=1, le=1000)] = 500
    ratio: float = 0.5
    comments: bool = True
    login: Annotated[ByToken | ByPassword, Field(discriminator="kind")] | None = None
    columns: Mapping[str, str] = Field(default_factory=dict)
    tags: tuple[str, ...] = ()
    low: int = 0
    high: int = 10

    @model_validator(mode="after")
    def _ordered(self) -> "Desk":
        if self.low >= self.high:
            raise ValueError(f"low ({self.low}) must be below high ({self.high})")
        return self


class History(_Settings):
    """Settings of an invented file reader."""

    path: str
    unit: str | None = "points"


@dataclass(frozen=True)
class Spec:
    """A connector as far as configuration knows it."""

    settings: type[BaseModel]


@pytest.fixture
def connectors() -> Mapping[str, Spec]:
    """The connectors that exist in these tests."""
    return {"desk": Spec(Desk), "history": Spec(History)}


@pytest.fixture
def environ() -> dict[str, str]:
    """Every variable that the sound configuration refers to."""
    return {
        "DESK_TOKEN": "desk-value-4711",
        "SLACK_BOT_TOKEN": "slack-value-0815",
        "HOOK_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "NOT_A_KEY": "surely-no-key",
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sound configuration, free to be spoilt."""
    return Path(copytree(Path(__file__).parent / "sound", tmp_path / "config"))


@pytest.fixture
def read_folder(
    folder: Path, connectors: Mapping[str, Spec], environ: dict[str, str]
) -> Callable[[], Reading]:
    """Read the folder as it is now."""
    return lambda: read(folder, environ, connectors=connectors)
