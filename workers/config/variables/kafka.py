"""How to reach Kafka and be let in: the ``KAFKA_*`` variables, as Kafka tools name them."""

from dataclasses import dataclass
from pathlib import Path

from workers.config.variables.environment import Environment
from workers.config.variables.servers import read_servers
from workers.config.variables.tls import TlsFileError, tls_context

__all__ = ["MECHANISMS", "PROTOCOLS", "KafkaSettings", "read_kafka"]

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
_OF_SASL = ("KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_TOKEN_FILE")
_OF_TLS = ("KAFKA_SSL_CAFILE", "KAFKA_SSL_CERTFILE", "KAFKA_SSL_KEYFILE")


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """How to reach Kafka. ``servers`` empty: the embedded broker of the state folder."""

    servers: tuple[str, ...] = ()
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    """``None`` with SASL: ``PLAIN``."""
    username: str | None = None
    password: str | None = None
    token_file: Path | None = None
    """Holds the token of ``OAUTHBEARER``; read anew for every connection."""
    ca_file: Path | None = None
    """Authorities to trust, in PEM form; ``None``: the system's."""
    cert_file: Path | None = None
    """Our own certificate (mutual TLS), in PEM form."""
    key_file: Path | None = None
    """Its private key; ``None``: the key is in ``cert_file``."""
    key_password: str | None = None
    check_hostname: bool = True
    """Whether a broker's certificate must bear the name it is reached by."""

    def __repr__(self) -> str:
        return f"KafkaSettings(servers={self.servers}, security_protocol={self.security_protocol})"

    @property
    def mechanism(self) -> str:
        """How to sign in, where SASL is used."""
        return self.sasl_mechanism or "PLAIN"

    @property
    def signs_in(self) -> bool:
        """Whether SASL is used."""
        return self.security_protocol.startswith("SASL")

    @property
    def encrypted(self) -> bool:
        """Whether TLS is used."""
        return self.security_protocol.endswith("SSL")


def read_kafka(env: Environment) -> KafkaSettings:
    """The settings; what is wrong with them is added to ``env.problems``."""
    servers = read_servers(env, "KAFKA_BOOTSTRAP_SERVERS")
    before = len(env.problems)
    protocol = env.one_of("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT", PROTOCOLS)
    protocol_known = len(env.problems) == before
    mechanism = env.text("KAFKA_SASL_MECHANISM")
    if mechanism is not None:
        mechanism = env.one_of("KAFKA_SASL_MECHANISM", "PLAIN", MECHANISMS)
    settings = KafkaSettings(
        servers=servers,
        security_protocol=protocol,
        sasl_mechanism=mechanism,
        username=env.text("KAFKA_SASL_USERNAME"),
        password=env.secret("KAFKA_SASL_PASSWORD"),
        token_file=env.file("KAFKA_SASL_TOKEN_FILE"),
        ca_file=env.file("KAFKA_SSL_CAFILE"),
        cert_file=env.file("KAFKA_SSL_CERTFILE"),
        key_file=env.file("KAFKA_SSL_KEYFILE"),
        key_password=env.secret("KAFKA_SSL_PASSWORD"),
        check_hostname=env.flag("KAFKA_SSL_CHECK_HOSTNAME", default=True),
    )
    if protocol_known:
        _check_sasl(env, settings)
        _check_tls(env, settings)
    return settings


def _check_sasl(env: Environment, kafka: KafkaSettings) -> None:
    if not kafka.signs_in:
        _without_effect(env, _OF_SASL, kafka, "signs nobody in: set SASL_SSL")
    elif kafka.mechanism == "OAUTHBEARER":
        if env.text("KAFKA_SASL_TOKEN_FILE") is None:
            env.problems.append(
                "KAFKA_SASL_TOKEN_FILE is not set: OAUTHBEARER needs the file that holds the token"
            )
        elif kafka.token_file is not None:
            env.content("KAFKA_SASL_TOKEN_FILE")
    else:
        if not kafka.username:
            env.problems.append("KAFKA_SASL_USERNAME is not set: SASL needs a name to sign in with")
        if not kafka.password and env.text("KAFKA_SASL_PASSWORD_FILE") is None:
            env.problems.append("KAFKA_SASL_PASSWORD is not set: SASL needs a password")


def _check_tls(env: Environment, kafka: KafkaSettings) -> None:
    if not kafka.encrypted:
        _without_effect(env, _OF_TLS, kafka, "encrypts nothing: set SSL or SASL_SSL")
        return
    if env.text("KAFKA_SSL_KEYFILE") and not env.text("KAFKA_SSL_CERTFILE"):
        env.problems.append(
            "KAFKA_SSL_CERTFILE is not set: a key (KAFKA_SSL_KEYFILE) needs its certificate"
        )
    if any(problem.startswith("KAFKA_SSL_") for problem in env.problems):
        return  # files that are not there need not be told again
    try:
        tls_context(
            ca_file=kafka.ca_file,
            cert_file=kafka.cert_file,
            key_file=kafka.key_file,
            key_password=kafka.key_password,
            check_hostname=kafka.check_hostname,
        )
    except TlsFileError as error:
        env.problems.append(str(error))


def _without_effect(
    env: Environment, names: tuple[str, ...], kafka: KafkaSettings, why: str
) -> None:
    """What is set and not used is a mistake: the broker would only hang up."""
    env.problems.extend(
        f"{name} is set, but KAFKA_SECURITY_PROTOCOL={kafka.security_protocol} {why}, or unset "
        f"{name}"
        for name in names
        if env.text(name) is not None
    )
