"""The children that run roles: their environment is the settings, their ports differ."""

import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from workers.config.settings import Settings
from workers.runtime.children import environment_of, role_specs
from workers.runtime.roles import ROLES, metrics_port

GIVEN = {
    "KAFKA_BOOTSTRAP_SERVERS": "one:9092,two:9092",
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "KAFKA_SASL_USERNAME": "productops",
    "KAFKA_SASL_PASSWORD": "of-kafka",
    "PRODUCTOPS_DATABASE_URL": "postgresql://reader:of-postgres@db/productops",
    "PRODUCTOPS_WEB_HOST": "0.0.0.0",  # noqa: S104 - nothing listens
    "PRODUCTOPS_WEB_PORT": "9000",
    "PRODUCTOPS_METRICS_HOST": "0.0.0.0",  # noqa: S104 - nothing listens
    "PRODUCTOPS_METRICS_PORT": "9100",
    "PRODUCTOPS_LOG_FORMAT": "json",
}


def settings_of(environ: dict[str, str], folder: Path) -> Settings:
    """The settings of an environment."""
    return Settings.from_environment(environ, cwd=folder)


@pytest.mark.parametrize("given", [GIVEN, {}], ids=["everything", "nothing"])
def test_a_child_reads_the_settings_of_its_parent(given: dict[str, str], tmp_path: Path) -> None:
    """Our environment and what is added to it give the child the same settings, elsewhere too."""
    settings = settings_of(given, tmp_path)
    environ = {**given, **environment_of(settings)}
    assert settings_of(environ, tmp_path / "elsewhere") == settings


def test_a_database_url_from_a_file_reaches_the_child(tmp_path: Path) -> None:
    """A secret that the parent read from a file is not given twice, which would be an error."""
    file = tmp_path / "url"
    file.write_text("postgresql://reader:of-postgres@db/productops\n", encoding="utf-8")
    given = {"PRODUCTOPS_DATABASE_URL_FILE": str(file)}
    settings = settings_of(given, tmp_path)
    environ = {**given, **environment_of(settings)}
    assert settings_of(environ, tmp_path) == settings


def test_a_role_is_run_by_its_name_with_a_log_of_its_own(tmp_path: Path) -> None:
    """Each child is ``productops run ROLE`` in this Python, its output in ``log/ROLE.log``."""
    specs = role_specs(settings_of({}, tmp_path), ["feedback", "web"])
    assert [spec.command for spec in specs] == [
        [sys.executable, "-m", "workers.cli", "run", "feedback"],
        [sys.executable, "-m", "workers.cli", "run", "web"],
    ]
    log = tmp_path / ".productops" / "log"
    assert [spec.log_file for spec in specs] == [log / "feedback.log", log / "web.log"]


def test_every_role_has_a_port_of_its_own(tmp_path: Path) -> None:
    """No two roles of a machine listen on one port; the first has the configured one."""
    settings = settings_of(GIVEN, tmp_path)
    ports = [metrics_port(settings, role) for role in ROLES]
    assert len(set(ports)) == len(ROLES)
    assert metrics_port(settings, "connectors") == 9100
    assert metrics_port(settings, "web") == 9000


def test_readiness_is_asked_where_the_role_listens(tmp_path: Path) -> None:
    """A role that listens everywhere is asked on the loopback interface."""
    settings = settings_of(GIVEN, tmp_path)
    for spec in role_specs(settings, ROLES):
        url = urlsplit(spec.ready_url or "")
        assert (url.hostname, url.port) == ("127.0.0.1", metrics_port(settings, spec.name))
        assert url.path == "/readyz"
