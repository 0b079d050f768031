"""Reads ``team.yaml``, ``routes.yaml`` and ``sources.yaml``, and checks all of it at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from connectors.base.registry import CONNECTORS
from workers.config.crosschecks.names import declared
from workers.config.crosschecks.references import cross_check
from workers.config.crosschecks.route_tree import routes_in
from workers.config.documents import Fields, Node, is_resolved
from workers.config.file import File, HasSettings
from workers.config.findings import Code, ConfigurationInvalid, Finding
from workers.config.routes import Route, Routes
from workers.config.secrets.references import Resolver
from workers.config.sources import Source, Sources
from workers.config.team import Team
from workers.config.validate import validate

__all__ = ["FILES", "Configuration", "ConfigurationInvalid", "Reading", "load", "read"]

M = TypeVar("M", bound=BaseModel)

FILES: Mapping[str, type[BaseModel]] = {
    "team.yaml": Team,
    "routes.yaml": Routes,
    "sources.yaml": Sources,
}
"""The files of a configuration and the model of each."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """A whole and sound configuration."""

    team: Team
    routes: Routes
    sources: tuple[Source, ...]
    settings: Mapping[str, BaseModel] = field(default_factory=dict, repr=False)
    """Of each source, by its name: an instance of its connector's own model."""

    def source(self, name: str) -> Source | None:
        """The source of this name."""
        return next((source for source in self.sources if source.name == name), None)


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a folder gave: a configuration, or findings, or neither.

    There is neither when secrets were not looked up and nothing else is wrong: then the
    configuration is sound as far as that can be said, but cannot be used.
    """

    configuration: Configuration | None
    findings: tuple[Finding, ...]
    counts: Mapping[str, int]
    """How many people, teams, areas, receivers, routes and sources there are."""
    variables: frozenset[str]
    """Environment variables that the files refer to."""
    team: Team | None = None
    """``team.yaml``, where it is sound and needs no value that was not looked up."""
    route: Route | None = None
    """The tree of ``routes.yaml`` under the same conditions. It holds no secret, so that rules
    can be explained where the receivers' secrets are not at hand."""
    receivers: tuple[str, ...] = ()
    """Names of the receivers, in the order of the file."""


def load(
    config_dir: Path,
    environ: Mapping[str, str],
    *,
    connectors: Mapping[str, HasSettings] = CONNECTORS,
) -> Configuration:
    """The configuration in a folder; raises ``ConfigurationInvalid`` with all findings."""
    reading = read(config_dir, environ, connectors=connectors)
    if reading.configuration is None:
        raise ConfigurationInvalid(reading.findings)
    return reading.configuration


def read(
    config_dir: Path,
    environ: Mapping[str, str],
    *,
    connectors: Mapping[str, HasSettings] = CONNECTORS,
    secrets: bool = True,
) -> Reading:
    """Read and check a folder. Raises nothing for what the files hold.

    ``secrets=False`` looks up no ``${NAME}``: for a check where the secrets are not at hand.
    """
    if not config_dir.is_dir():
        finding = Finding(
            str(config_dir),
            0,
            0,
            Code.MISSING_FILE,
            "there is no such folder",
            "name the folder that holds team.yaml, routes.yaml and sources.yaml, as an argument "
            "or in PRODUCTOPS_CONFIG_DIR; `deploy/example` of the project is one to start from",
            "",
        )
        return Reading(None, (finding,), {}, frozenset())
    files = {
        name: File(config_dir / name, model, Resolver(environ, look_up=secrets), connectors)
        for name, model in FILES.items()
    }
    team_root, routes_root, sources_root = (file.root for file in files.values())
    for name, problem in cross_check(team_root, routes_root, sources_root, connectors):
        files[name].problems.append(problem)
    team, routes, sources = (file.validated() for file in files.values())
    settings = files["sources.yaml"].validated_settings()
    values = {value for file in files.values() for value in file.resolver.values}
    findings = tuple(finding for file in files.values() for finding in file.findings(values))
    configuration = None
    if secrets and not findings and isinstance(team, Team) and isinstance(routes, Routes):
        listed = sources.sources if isinstance(sources, Sources) else ()
        configuration = Configuration(team, routes, listed, settings)
    return Reading(
        configuration,
        findings,
        _counts(team_root, routes_root, sources_root),
        frozenset(name for file in files.values() for name in file.resolver.names),
        _sound(team_root, Team),
        _sound(routes_root.get("route") if routes_root is not None else None, Route),
        tuple(
            name.text for name in declared(routes_root, "receivers", "name", "receivers").scalars
        ),
    )


def _sound(node: Node | None, model: type[M]) -> M | None:
    """The model of a block, where nothing is wrong with it; what is wrong is said elsewhere."""
    if not isinstance(node, Fields) or not is_resolved(node):
        return None
    return validate(node, model)[0]


def _counts(
    team: Fields | None, routes: Fields | None, sources: Fields | None
) -> Mapping[str, int]:
    def entries(root: Fields | None, name: str) -> int:
        return len(list(root.blocks(name))) if root is not None else 0

    return {
        "people": entries(team, "people"),
        "teams": entries(team, "teams"),
        "areas": entries(team, "areas"),
        "receivers": entries(routes, "receivers"),
        "routes": len(list(routes_in(routes))),
        "sources": entries(sources, "sources"),
    }
