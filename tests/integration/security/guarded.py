"""A broker that lets in only whom it knows, and lets them do only what they may."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import kafka.admin as acl

from tests.integration.brokers import on_free_ports
from tests.integration.security.certificates import Certificates, make_certificates
from tests.integration.streaming.cluster import until
from workers.config.settings import KafkaSettings
from workers.streaming.access.errors import AccessError
from workers.streaming.access.grants import as_objects, grants
from workers.streaming.access.knock import knock_blocking
from workers.streaming.access.rights import Right
from workers.streaming.broker import EmbeddedBroker
from workers.streaming.topics.admin import connect

__all__ = ["Guarded", "guarded_broker"]

_LOGIN = "org.apache.kafka.common.security"
_WAIT_SECONDS = 10.0
_OVER_TLS = ("PLAIN", "SCRAM-SHA-512", "OAUTHBEARER")


@dataclass(frozen=True, slots=True)
class Guarded:
    """The broker's ways in. All may be used by users and principals that are not there yet."""

    plain_port: int
    """Lets everybody in as a super user: for the test itself."""
    sasl_ssl_port: int
    mutual_port: int
    """TLS with a certificate of the client; its common name is the principal."""
    sasl_port: int
    """SASL without TLS."""
    certificates: Certificates

    @property
    def root(self) -> KafkaSettings:
        """May do everything."""
        return KafkaSettings((f"127.0.0.1:{self.plain_port}",))

    def user(self, name: str, mechanism: str = "SCRAM-SHA-512") -> KafkaSettings:
        """A new user with a password, known to the broker."""
        with connect(self.root) as admin:
            scram = acl.UserScramCredentialUpsertion(name, mechanism, f"of-{name}")
            admin.alter_user_scram_credentials([scram])
        user = self.signing_in(name, mechanism, f"of-{name}")
        if mechanism not in _OVER_TLS:
            servers = (f"localhost:{self.sasl_port}",)
            user = replace(user, servers=servers, security_protocol="SASL_PLAINTEXT", ca_file=None)
        until(lambda: _lets_in(user), f"the broker knows {name}")
        return user

    def signing_in(self, name: str, mechanism: str, password: str) -> KafkaSettings:
        """As somebody who may exist or not."""
        return KafkaSettings(
            (f"localhost:{self.sasl_ssl_port}",),
            "SASL_SSL",
            mechanism,
            name,
            password,
            ca_file=self.certificates.ca,
        )

    def bearing(self, token_file: Path) -> KafkaSettings:
        """As somebody with a token."""
        return KafkaSettings(
            (f"localhost:{self.sasl_ssl_port}",),
            "SASL_SSL",
            "OAUTHBEARER",
            token_file=token_file,
            ca_file=self.certificates.ca,
        )

    def mutual(self) -> KafkaSettings:
        """As the client of the certificate."""
        return KafkaSettings(
            (f"localhost:{self.mutual_port}",),
            "SSL",
            ca_file=self.certificates.ca,
            cert_file=self.certificates.client_cert,
            key_file=self.certificates.client_key,
            key_password="open sesame",
        )

    def allow(self, name: str, rights: Iterable[Right]) -> None:
        """Grant what is listed for these rights, and wait until the broker knows."""
        wanted = _acls(name, rights)
        with connect(self.root) as admin:
            assert not admin.create_acls(wanted)["failed"]
            until(lambda: set(wanted) <= _held(admin, name), "the rights are granted")

    def take(self, name: str, rights: Iterable[Right]) -> None:
        """Take rights away again, and wait until the broker knows."""
        gone = _acls(name, rights)
        with connect(self.root) as admin:
            admin.delete_acls(gone)
            until(lambda: not set(gone) & _held(admin, name), "the rights are taken")


def _acls(name: str, rights: Iterable[Right]) -> list[Any]:
    """What `productops topics acls --format json` lists, as kafka-python wants it."""
    listed = as_objects(grants({name: rights}, prefix="User:"))
    return [
        acl.ACL(
            principal=one["principal"],
            host=one["host"],
            operation=acl.ACLOperation[one["operation"]],
            permission_type=acl.ACLPermissionType[one["permissionType"]],
            resource_pattern=acl.ResourcePattern(
                acl.ResourceType[one["resourceType"]],
                one["name"],
                acl.ACLResourcePatternType[one["patternType"]],
            ),
        )
        for one in listed
    ]


def _held(admin: Any, name: str) -> set[Any]:
    anything = acl.ResourcePatternFilter(acl.ResourceType.ANY, None, acl.ACLResourcePatternType.ANY)
    found, _ = admin.describe_acls(
        acl.ACLFilter(
            f"User:{name}", None, acl.ACLOperation.ANY, acl.ACLPermissionType.ANY, anything
        )
    )
    return set(found)


def _lets_in(kafka: KafkaSettings) -> bool:
    try:
        knock_blocking(kafka)
    except AccessError:
        return False
    return True


@contextmanager
def guarded_broker(folder: Path, jars: Path) -> Iterator[Guarded]:
    """One broker with an authorizer and four listeners."""
    certificates = make_certificates(folder)

    def start(plain: int) -> tuple[Guarded, EmbeddedBroker]:
        controller, sasl_ssl, mutual, sasl = (plain + number for number in range(1, 5))
        guarded = Guarded(plain, sasl_ssl, mutual, sasl, certificates)
        broker = EmbeddedBroker(
            folder / str(plain), cache_dir=jars, further=_properties(guarded, controller)
        )
        broker.start(plain)
        return guarded, broker

    guarded, broker = on_free_ports(5, start)
    try:
        yield guarded
    finally:
        broker.stop()


def _properties(guarded: Guarded, controller_port: int) -> dict[str, str]:
    tls = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(guarded.certificates.broker_store),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(guarded.certificates.ca),
    }
    plain = f'{_LOGIN}.plain.PlainLoginModule required user_paula="of-paula";'
    scram = f"{_LOGIN}.scram.ScramLoginModule required;"
    token = f"{_LOGIN}.oauthbearer.OAuthBearerLoginModule required;"
    ways_in: Mapping[str, tuple[int, str, Mapping[str, str]]] = {
        "OPEN": (guarded.plain_port, "PLAINTEXT", {}),
        "GUARDED": (
            guarded.sasl_ssl_port,
            "SASL_SSL",
            {
                **tls,
                "sasl.enabled.mechanisms": ",".join(_OVER_TLS),
                "plain.sasl.jaas.config": plain,
                "scram-sha-512.sasl.jaas.config": scram,
                "oauthbearer.sasl.jaas.config": token,
            },
        ),
        "MUTUAL": (guarded.mutual_port, "SSL", {**tls, "ssl.client.auth": "required"}),
        "SIGNED": (
            guarded.sasl_port,
            "SASL_PLAINTEXT",
            {"sasl.enabled.mechanisms": "SCRAM-SHA-256", "scram-sha-256.sasl.jaas.config": scram},
        ),
    }
    listeners = [f"{name}://127.0.0.1:{port}" for name, (port, _, _) in ways_in.items()]
    properties = {
        "listeners": ",".join([*listeners, f"CONTROLLER://127.0.0.1:{controller_port}"]),
        "advertised.listeners": ",".join(
            f"{name}://{'127.0.0.1' if name == 'OPEN' else 'localhost'}:{port}"
            for name, (port, _, _) in ways_in.items()
        ),
        "listener.security.protocol.map": ",".join(
            ["CONTROLLER:PLAINTEXT"]
            + [f"{name}:{protocol}" for name, (_, protocol, _) in ways_in.items()]
        ),
        "inter.broker.listener.name": "OPEN",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
        "ssl.principal.mapping.rules": "RULE:^CN=(.*?)$/$1/",
    }
    for name, (_, _, settings) in ways_in.items():
        prefix = f"listener.name.{name.lower()}"
        properties |= {f"{prefix}.{key}": value for key, value in settings.items()}
    return properties
