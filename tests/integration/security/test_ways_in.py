"""Being let in, and being refused: every mistake is told in seconds, by setting and remedy."""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from tests.integration.security.guarded import Guarded
from workers.cli.connections import connections
from workers.config.load import Configuration
from workers.config.settings import KafkaSettings, Settings
from workers.streaming.topics.admin import ClusterError, connect

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SECONDS = 8.0
"""A refusal takes no longer."""


def lets_in(kafka: KafkaSettings) -> None:
    """Both client libraries reach the broker: aiokafka knocks first, kafka-python asks."""
    with connect(kafka) as admin:
        assert admin.describe_cluster()["brokers"]


def refusal(kafka: KafkaSettings) -> str:
    """The one message with which a start would end; it comes soon."""
    started = time.monotonic()
    with pytest.raises(ClusterError) as caught, connect(kafka):
        pass
    assert time.monotonic() - started < SECONDS
    return str(caught.value)


def token(name: str, seconds: int = 600) -> str:
    """An unsigned token, as Kafka takes them for tests."""
    now = int(time.time())
    parts = ({"alg": "none"}, {"sub": name, "iat": now, "exp": now + seconds})
    return ".".join(
        [
            *(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
              for part in parts),
            "",
        ]
    )  # fmt: skip


def test_every_documented_way_in_works(guarded: Guarded, tmp_path: Path) -> None:
    """PLAIN, SCRAM and a token over TLS, SCRAM without it, a client's certificate."""
    lets_in(guarded.signing_in("paula", "PLAIN", "of-paula"))
    lets_in(guarded.user("ada"))
    lets_in(guarded.user("grace", "SCRAM-SHA-256"))
    lets_in(guarded.mutual())
    file = tmp_path / "token"
    file.write_text(token("tina"), encoding="ascii")
    lets_in(guarded.bearing(file))


def test_a_new_token_is_taken_where_the_old_one_expired(guarded: Guarded, tmp_path: Path) -> None:
    """The same settings are refused with the old content of the file and let in with the new."""
    file = tmp_path / "token"
    file.write_text(token("tina", seconds=-60), encoding="ascii")
    kafka = guarded.bearing(file)
    message = refusal(kafka)
    assert "refused the token" in message
    assert "KAFKA_SASL_TOKEN_FILE" in message
    file.write_text(token("tina"), encoding="ascii")
    lets_in(kafka)
    file.unlink()
    assert (
        refusal(kafka)
        == f"KAFKA_SASL_TOKEN_FILE={str(file)!r} cannot be read: No such file or directory"
    )


Mistake = Callable[[Guarded], KafkaSettings]
MISTAKES: dict[str, tuple[Mistake, str]] = {
    "wrong password": (
        lambda guarded: replace(guarded.user("mary"), password="wrong"),
        "refused user 'mary' with SCRAM-SHA-512: check KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD",
    ),
    "unknown user": (
        lambda guarded: guarded.signing_in("nobody", "PLAIN", "x"),
        "refused user 'nobody' with PLAIN: check KAFKA_SASL_USERNAME",
    ),
    "another mechanism": (
        lambda guarded: guarded.signing_in("mary", "SCRAM-SHA-256", "x"),
        "does not sign in with SCRAM-SHA-256: set KAFKA_SASL_MECHANISM",
    ),
    "another authority": (
        lambda guarded: replace(guarded.mutual(), ca_file=guarded.certificates.strange_ca),
        "is signed by nobody we trust (self-signed certificate in certificate chain)",
    ),
    "another name": (
        lambda guarded: replace(guarded.mutual(), servers=(f"127.0.0.1:{guarded.mutual_port}",)),
        "is another host's (IP address mismatch, certificate is not valid for '127.0.0.1')",
    ),
    "no certificate": (
        lambda guarded: replace(guarded.mutual(), cert_file=None, key_file=None),
        "set KAFKA_SSL_CERTFILE and KAFKA_SSL_KEYFILE to one that its authority has signed",
    ),
    "a stranger's certificate": (
        lambda guarded: replace(
            guarded.mutual(), cert_file=guarded.certificates.strange_cert, key_file=None
        ),
        "set KAFKA_SSL_CERTFILE and KAFKA_SSL_KEYFILE to one that its authority has signed",
    ),
    "no TLS where there is": (
        lambda guarded: KafkaSettings((f"localhost:{guarded.sasl_ssl_port}",)),
        "speaks TLS, and KAFKA_SECURITY_PROTOCOL asks for none",
    ),
    "TLS where there is none": (
        lambda guarded: replace(guarded.mutual(), servers=guarded.root.servers),
        "hung up: check that the listener is one for KAFKA_SECURITY_PROTOCOL=SSL",
    ),
    "no SASL where there is": (
        lambda guarded: KafkaSettings((f"localhost:{guarded.sasl_port}",)),
        "hung up: check that the listener is one for KAFKA_SECURITY_PROTOCOL=PLAINTEXT",
    ),
    "SASL where there is none": (
        lambda guarded: KafkaSettings(
            guarded.root.servers, "SASL_PLAINTEXT", "PLAIN", "paula", "of-paula"
        ),
        "signs nobody in: set KAFKA_SECURITY_PROTOCOL to PLAINTEXT",
    ),
    "nobody there": (
        lambda _: KafkaSettings(("localhost:1",)),
        "no Kafka answers at localhost:1: check KAFKA_BOOTSTRAP_SERVERS",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_by_its_setting_and_remedy(guarded: Guarded, mistake: str) -> None:
    """One message names the server, the setting and what to do, within seconds."""
    settings, expected = MISTAKES[mistake]
    kafka = settings(guarded)
    message = refusal(kafka)
    assert expected in message
    assert kafka.servers[0] in message
    assert "KAFKA_" in message


def test_one_server_that_is_away_does_no_harm(guarded: Guarded) -> None:
    """Whoever of the servers answers is enough; where none lets us in, a refusal is told."""
    ada = guarded.user("ada")
    lets_in(replace(ada, servers=("localhost:1", *ada.servers)))
    message = refusal(replace(ada, servers=("localhost:1", *ada.servers), password="wrong"))
    assert "refused user 'ada'" in message
    assert "localhost:1:" not in message


def test_the_check_of_connections_says_the_same(guarded: Guarded, tmp_path: Path) -> None:
    """`productops check --connect` names the setting, and sends nobody to look at the broker."""
    kafka = guarded.signing_in("nobody", "PLAIN", "x")
    settings = Settings(tmp_path, tmp_path, kafka, database_url="sqlite://")
    connection = next(connections(settings, cast("Configuration", None), tmp_path))
    assert not connection.ok
    assert connection.summary == refusal(kafka)
    assert connection.remedy == "correct what it names; the broker itself answers"


TALKATIVE = """
import os, sys
from pathlib import Path
from workers.config.settings import Settings
from workers.observability.logs import configure_logging
from workers.streaming.topics.admin import plan_registry
configure_logging("test", form="json", stream=sys.stdout, debug=True)
print(plan_registry(Settings.from_environment(os.environ, cwd=Path.cwd()).kafka))
"""


@pytest.mark.parametrize("password", ["of-paula", "never-to-be-seen"])
def test_no_log_holds_a_password(guarded: Guarded, tmp_path: Path, password: str) -> None:
    """The clients log what they send at debug; ours show none of it, be we let in or refused."""
    done = subprocess.run(
        [sys.executable, "-c", TALKATIVE],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "KAFKA_BOOTSTRAP_SERVERS": f"localhost:{guarded.sasl_ssl_port}",
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_USERNAME": "paula",
            "KAFKA_SASL_PASSWORD": password,
            "KAFKA_SSL_CAFILE": str(guarded.certificates.ca),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ("Plan(" in done.stdout) == (password == "of-paula"), done.stderr
    assert ("refused user 'paula'" in done.stderr) == (password != "of-paula")
    assert password not in done.stdout + done.stderr
