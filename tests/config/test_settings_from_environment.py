"""Settings from the environment: defaults, secrets from files, every problem at once."""

import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.config.settings import KafkaSettings, Settings, SettingsError
from workers.streaming.connection.clients import admin_settings, client_settings


def settings_of(environ: dict[str, str], folder: Path = Path("/srv")) -> Settings:
    """The settings of an environment, in a folder."""
    return Settings.from_environment(environ, cwd=folder)


def problems_of(environ: dict[str, str]) -> list[str]:
    """What is wrong with an environment, a line each."""
    with pytest.raises(SettingsError) as error:
        settings_of(environ)
    return str(error.value).splitlines()


def test_nothing_needs_to_be_set() -> None:
    """An empty environment gives the documented defaults, in the present folder."""
    assert settings_of({}) == Settings(
        config_dir=Path("/srv/config"),
        state_dir=Path("/srv/.productops"),
        kafka=KafkaSettings(),
        database_url="sqlite:////srv/.productops/archive.sqlite",
        web_host="127.0.0.1",
        web_port=8800,
        metrics_host="127.0.0.1",
        metrics_port=8810,
        log_format="auto",
    )


def test_an_empty_variable_is_an_absent_one() -> None:
    """Compose files pass empty values for what nobody set."""
    names = [
        "PRODUCTOPS_CONFIG_DIR",
        "PRODUCTOPS_STATE_DIR",
        "PRODUCTOPS_DATABASE_URL",
        "PRODUCTOPS_DATABASE_URL_FILE",
        "PRODUCTOPS_WEB_HOST",
        "PRODUCTOPS_WEB_PORT",
        "PRODUCTOPS_METRICS_HOST",
        "PRODUCTOPS_METRICS_PORT",
        "PRODUCTOPS_LOG_FORMAT",
        "KAFKA_BOOTSTRAP_SERVERS",
        "KAFKA_SECURITY_PROTOCOL",
        "KAFKA_SASL_MECHANISM",
        "KAFKA_SASL_USERNAME",
        "KAFKA_SASL_PASSWORD",
        "KAFKA_SASL_PASSWORD_FILE",
        "KAFKA_SSL_CAFILE",
    ]
    assert settings_of(dict.fromkeys(names, "")) == settings_of({})


def test_servers_are_separated_by_commas() -> None:
    """Blanks and a trailing comma do no harm."""
    servers = settings_of({"KAFKA_BOOTSTRAP_SERVERS": "one:9092, two:9092,"}).kafka.servers
    assert servers == ("one:9092", "two:9092")


def test_every_bad_variable_is_named_at_once() -> None:
    """A person corrects all of them in one go: each line names a variable and its remedy."""
    problems = problems_of(
        {
            "PRODUCTOPS_WEB_PORT": "http",
            "PRODUCTOPS_METRICS_PORT": "70000",
            "PRODUCTOPS_LOG_FORMAT": "xml",
            "KAFKA_SECURITY_PROTOCOL": "TLS",
            "KAFKA_SASL_PASSWORD": "one",
            "KAFKA_SASL_PASSWORD_FILE": "/nonexistent/password",
            "PRODUCTOPS_DATABASE_URL_FILE": "/nonexistent/url",
            "KAFKA_SSL_CAFILE": "/nonexistent/ca.pem",
        }
    )
    expected = {
        "PRODUCTOPS_WEB_PORT='http'": "from 1 to 65535",
        "PRODUCTOPS_METRICS_PORT='70000'": "from 1 to 65535",
        "PRODUCTOPS_LOG_FORMAT='xml'": "auto, json, text",
        "KAFKA_SECURITY_PROTOCOL='TLS'": "SASL_SSL",
        "KAFKA_SASL_PASSWORD and KAFKA_SASL_PASSWORD_FILE": "keep one",
        "KAFKA_SASL_PASSWORD_FILE='/nonexistent/password'": "No such file",
        "PRODUCTOPS_DATABASE_URL_FILE='/nonexistent/url'": "No such file",
        "KAFKA_SSL_CAFILE='/nonexistent/ca.pem'": "No such file",
    }
    for start, remedy in expected.items():
        (line,) = [line for line in problems if line.startswith(start)]
        assert remedy in line
    assert len(problems) == len(expected)


@given(st.text(min_size=1) | st.integers(-10, 100_000).map(str))
def test_a_port_is_a_number_in_its_range_or_a_problem(text: str) -> None:
    """Whatever stands there, it is taken as the port it is or refused in words, never a crash."""
    environ = {"PRODUCTOPS_WEB_PORT": text}
    if text.isascii() and text.isdigit() and 0 < int(text) < 65_536:
        assert settings_of(environ).web_port == int(text)
    else:
        (problem,) = problems_of(environ)
        assert problem.startswith(f"PRODUCTOPS_WEB_PORT={text!r} is no port")


@pytest.mark.parametrize("text", ["0", "65536", "-1", "8800 ", "8_800", "²", "1.5", "0x10"])
def test_odd_ports_are_refused(text: str) -> None:
    """Only plain digits from 1 to 65535 are a port."""
    (problem,) = problems_of({"PRODUCTOPS_METRICS_PORT": text})
    assert problem.startswith("PRODUCTOPS_METRICS_PORT=")


@pytest.mark.parametrize("text", ["1", "65535", "8080"])
def test_ports_up_to_the_bounds_are_taken(text: str) -> None:
    """The first and the last port are ports."""
    assert settings_of({"PRODUCTOPS_WEB_PORT": text}).web_port == int(text)


@pytest.mark.parametrize("name", ["KAFKA_SASL_PASSWORD", "PRODUCTOPS_DATABASE_URL"])
def test_a_secret_may_stand_in_a_file(tmp_path: Path, name: str) -> None:
    """The file's content is the secret, without the line break at its end."""
    file = tmp_path / "secret"
    file.write_text("postgresql://ada:pæss word@db/x\n", encoding="utf-8")
    settings = settings_of({f"{name}_FILE": str(file)})
    assert "postgresql://ada:pæss word@db/x" in (settings.kafka.password, settings.database_url)


@pytest.mark.parametrize("name", ["KAFKA_SASL_PASSWORD", "PRODUCTOPS_DATABASE_URL"])
def test_a_secret_given_twice_is_refused(tmp_path: Path, name: str) -> None:
    """Which of the two holds is not for us to guess; neither is shown."""
    file = tmp_path / "secret"
    file.write_text("in-the-file", encoding="utf-8")
    (problem,) = problems_of({name: "in-the-variable", f"{name}_FILE": str(file)})
    assert problem == f"{name} and {name}_FILE are both set: keep one of them"


def test_a_secret_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 are a problem in words, not a crash."""
    file = tmp_path / "secret"
    file.write_bytes(b"\xff\xfe\x00")
    (problem,) = problems_of({"KAFKA_SASL_PASSWORD_FILE": str(file)})
    assert problem.startswith(f"KAFKA_SASL_PASSWORD_FILE={str(file)!r} cannot be read: ")
    assert "UTF-8" in problem


def test_an_empty_secret_file_is_refused(tmp_path: Path) -> None:
    """A mounted secret that was never filled is named instead of being used as no password."""
    file = tmp_path / "secret"
    file.write_text("\n", encoding="utf-8")
    (problem,) = problems_of({"PRODUCTOPS_DATABASE_URL_FILE": str(file)})
    assert problem == f"PRODUCTOPS_DATABASE_URL_FILE={str(file)!r} is empty"


def test_signing_in_needs_a_name_and_a_password() -> None:
    """With SASL both are wanted: without them the broker would only hang up."""
    problems = problems_of({"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"})
    assert [problem.split()[0] for problem in problems] == [
        "KAFKA_SASL_USERNAME",
        "KAFKA_SASL_PASSWORD",
    ]


def test_no_secret_is_shown_by_the_settings() -> None:
    """What is printed of the settings, in a traceback or by mistake, holds no password."""
    settings = settings_of(
        {
            "KAFKA_SASL_PASSWORD": "of-kafka",
            "PRODUCTOPS_DATABASE_URL": "postgresql://ada:of-postgres@db/x",
        }
    )
    assert settings.kafka.password == "of-kafka"
    for shown in (repr(settings), str(settings), f"{settings.kafka!r}"):
        assert "of-kafka" not in shown
        assert "of-postgres" not in shown


def test_clients_are_told_how_to_sign_in() -> None:
    """Both client libraries get servers, protocol, mechanism and credentials."""
    kafka = settings_of(
        {
            "KAFKA_BOOTSTRAP_SERVERS": "one:9092",
            "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "KAFKA_SASL_USERNAME": "ada",
            "KAFKA_SASL_PASSWORD": "pw",
        }
    ).kafka
    expected = {
        "bootstrap_servers": ["one:9092"],
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": "ada",
        "sasl_plain_password": "pw",
    }
    assert client_settings(kafka) == expected
    assert admin_settings(kafka) == expected


def test_clients_check_the_clusters_certificate() -> None:
    """With TLS the host name and the certificate are checked, by the system's authorities."""
    kafka = settings_of({"KAFKA_SECURITY_PROTOCOL": "SSL"}).kafka
    context = client_settings(kafka)["ssl_context"]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
