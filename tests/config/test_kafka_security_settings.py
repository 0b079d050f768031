"""The connection's security from the environment: each mistake is named with its remedy."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from workers.config.settings import KafkaSettings, Settings, SettingsError
from workers.runtime.children import environment_of
from workers.streaming.connection.clients import admin_settings, client_settings


def problems_of(environ: dict[str, str]) -> list[str]:
    """What is wrong with an environment, a line each; empty when all is well."""
    try:
        Settings.from_environment(environ, cwd=Path("/srv"))
    except SettingsError as error:
        return str(error).splitlines()
    return []


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``cert.pem``, its ``key.pem``, the same encrypted, and another key."""
    folder = tmp_path_factory.mktemp("pems")

    def openssl(*arguments: str) -> None:
        try:
            subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
        except FileNotFoundError:
            pytest.skip("openssl is not installed")

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=ada", "-days", "2",
            "-keyout", "key.pem", "-out", "cert.pem")  # fmt: skip
    openssl("genrsa", "-out", "other.pem", "2048")
    openssl("rsa", "-in", "key.pem", "-aes256", "-passout", "pass:open", "-out", "locked.pem")
    return folder


SCRAM = {
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "KAFKA_SASL_USERNAME": "ada",
    "KAFKA_SASL_PASSWORD": "of-kafka",
}


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_a_name_and_a_password_sign_in(mechanism: str) -> None:
    """The three mechanisms with a password are taken as they are given."""
    environ = {**SCRAM, "KAFKA_SASL_MECHANISM": mechanism}
    kafka = Settings.from_environment(environ, cwd=Path("/srv")).kafka
    for settings in (client_settings(kafka), admin_settings(kafka)):
        assert settings["sasl_mechanism"] == mechanism
        assert settings["sasl_plain_username"] == "ada"
        assert settings["sasl_plain_password"].encode() == b"of-kafka"


def test_an_unknown_mechanism_is_refused() -> None:
    """GSSAPI would need a library that is not here: what there is, is named."""
    (problem,) = problems_of({**SCRAM, "KAFKA_SASL_MECHANISM": "GSSAPI"})
    assert problem == (
        "KAFKA_SASL_MECHANISM='GSSAPI': allowed are PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, "
        "OAUTHBEARER"
    )


@pytest.mark.parametrize(
    ("environ", "start"),
    [
        (
            {"KAFKA_SASL_USERNAME": "ada", "KAFKA_SASL_PASSWORD": "x"},
            "KAFKA_SASL_USERNAME is set, but KAFKA_SECURITY_PROTOCOL=PLAINTEXT signs nobody in",
        ),
        (
            {"KAFKA_SASL_MECHANISM": "PLAIN", "KAFKA_SECURITY_PROTOCOL": "SSL"},
            "KAFKA_SASL_MECHANISM is set, but KAFKA_SECURITY_PROTOCOL=SSL signs nobody in",
        ),
        (
            {"KAFKA_SSL_CAFILE": __file__},
            "KAFKA_SSL_CAFILE is set, but KAFKA_SECURITY_PROTOCOL=PLAINTEXT encrypts nothing",
        ),
        (
            {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CAFILE": __file__},
            f"KAFKA_SSL_CAFILE='{__file__}' holds no certificate in PEM form",
        ),
        (
            {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_KEYFILE": __file__},
            "KAFKA_SSL_CERTFILE is not set: a key (KAFKA_SSL_KEYFILE) needs its certificate",
        ),
        (
            {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "OAUTHBEARER"},
            "KAFKA_SASL_TOKEN_FILE is not set",
        ),
        (
            {**SCRAM, "KAFKA_SSL_CHECK_HOSTNAME": "off"},
            "KAFKA_SSL_CHECK_HOSTNAME='off': allowed are true, false",
        ),
        (
            {**SCRAM, "KAFKA_SASL_PASSWORD": ""},
            "KAFKA_SASL_PASSWORD is not set: SASL needs a password",
        ),
    ],
)
def test_a_mistake_is_named_with_its_remedy(environ: dict[str, str], start: str) -> None:
    """One line for one mistake: what contradicts, is missing, or cannot be read."""
    (problem,) = problems_of(environ)
    assert problem.startswith(start)


def test_a_client_certificate_and_its_key_are_tried_at_once(pems: Path) -> None:
    """A key of another certificate is found at the start, not by the broker."""
    tls = {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CERTFILE": str(pems / "cert.pem")}
    assert problems_of({**tls, "KAFKA_SSL_KEYFILE": str(pems / "key.pem")}) == []
    (problem,) = problems_of({**tls, "KAFKA_SSL_KEYFILE": str(pems / "other.pem")})
    assert problem.startswith(
        f"KAFKA_SSL_CERTFILE={str(pems / 'cert.pem')!r} and KAFKA_SSL_KEYFILE"
    )
    assert "MISMATCH" in problem


@pytest.mark.timeout(10)  # OpenSSL asks at the terminal when it is left alone with the key
def test_an_encrypted_key_needs_its_password(pems: Path) -> None:
    """Without it, or with a wrong one, the start fails instead of asking at the terminal."""
    tls = {
        "KAFKA_SECURITY_PROTOCOL": "SSL",
        "KAFKA_SSL_CERTFILE": str(pems / "cert.pem"),
        "KAFKA_SSL_KEYFILE": str(pems / "locked.pem"),
    }
    assert problems_of({**tls, "KAFKA_SSL_PASSWORD": "open"}) == []
    (absent,) = problems_of(tls)
    (wrong,) = problems_of({**tls, "KAFKA_SSL_PASSWORD": "shut"})
    assert absent.startswith("KAFKA_SSL_PASSWORD is not set: ")
    assert wrong.startswith("KAFKA_SSL_PASSWORD is wrong: ")
    assert "shut" not in wrong


def test_the_host_name_is_checked_unless_said_otherwise() -> None:
    """The certificate is checked in any case."""
    for flag, expected in (("", True), ("true", True), ("false", False)):
        environ = {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CHECK_HOSTNAME": flag}
        kafka = Settings.from_environment(environ, cwd=Path("/srv")).kafka
        context = client_settings(kafka)["ssl_context"]
        assert context.check_hostname is expected
        assert context.verify_mode.name == "CERT_REQUIRED"


async def test_a_token_is_read_anew_for_every_connection(tmp_path: Path) -> None:
    """What keeps the file fresh needs to tell nobody; both libraries get the new token."""
    file = tmp_path / "token"
    file.write_text("first\n", encoding="utf-8")
    environ = {
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
        "KAFKA_SASL_TOKEN_FILE": str(file),
    }
    kafka = Settings.from_environment(environ, cwd=Path("/srv")).kafka
    provider = client_settings(kafka)["sasl_oauth_token_provider"]
    blocking = admin_settings(kafka)["sasl_oauth_token_provider"]
    assert (await provider.token(), blocking.token()) == ("first", "first")
    file.write_text("second", encoding="utf-8")
    assert (await provider.token(), blocking.token()) == ("second", "second")
    file.write_text("", encoding="utf-8")
    with pytest.raises(OSError, match=r"KAFKA_SASL_TOKEN_FILE=.* is empty"):
        await provider.token()
    with pytest.raises(OSError, match=r"KAFKA_SASL_TOKEN_FILE=.* is empty"):
        blocking.token()


def test_secrets_are_hidden_also_in_what_clients_log() -> None:
    """kafka-python logs all its settings at debug: the password in them shows no letter."""
    kafka = Settings.from_environment(SCRAM, cwd=Path("/srv")).kafka
    for shown in (repr(kafka), str(admin_settings(kafka)), repr(client_settings(kafka))):
        assert "of-kafka" not in shown


def test_children_get_every_setting_of_the_connection(pems: Path, tmp_path: Path) -> None:
    """Also where the parent names files relative to its own folder."""
    password = tmp_path / "password"
    password.write_text("of-kafka", encoding="utf-8")
    given = {
        **SCRAM,
        "KAFKA_SASL_PASSWORD": "",
        "KAFKA_SASL_PASSWORD_FILE": str(password),
        "KAFKA_SSL_CAFILE": str(pems / "cert.pem"),
        "KAFKA_SSL_CERTFILE": str(pems / "cert.pem"),
        "KAFKA_SSL_KEYFILE": str(pems / "locked.pem"),
        "KAFKA_SSL_PASSWORD": "open",
        "KAFKA_SSL_CHECK_HOSTNAME": "false",
    }
    settings = Settings.from_environment(given, cwd=tmp_path)
    handed = environment_of(settings)
    assert "of-kafka" not in handed.values()
    assert Settings.from_environment({**given, **handed}, cwd=tmp_path).kafka == settings.kafka


def test_children_of_an_embedded_broker_do_not_sign_in() -> None:
    """What our environment says of another cluster is not said to the broker of this machine."""
    embedded = KafkaSettings(servers=("127.0.0.1:19092",))
    settings = replace(Settings.from_environment(SCRAM, cwd=Path("/srv")), kafka=embedded)
    environ = {**SCRAM, **environment_of(settings)}
    assert Settings.from_environment(environ, cwd=Path("/srv")).kafka == embedded
