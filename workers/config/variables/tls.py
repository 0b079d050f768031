"""The TLS context of a client: whom it trusts, and how it shows who it is."""

import ssl
from pathlib import Path

__all__ = ["TlsFileError", "tls_context"]


class TlsFileError(ValueError):
    """A certificate or key cannot be used. ``setting`` names the variable it comes from."""

    def __init__(self, setting: str, message: str) -> None:
        super().__init__(message)
        self.setting = setting


def tls_context(
    *,
    ca_file: Path | None,
    cert_file: Path | None,
    key_file: Path | None,
    key_password: str | None,
    check_hostname: bool,
) -> ssl.SSLContext:
    """TLS 1.2 or newer; the other side's certificate is always checked.

    ``ca_file`` ``None`` trusts the authorities of the system; ``key_file`` ``None`` finds the
    key in ``cert_file``. Raises ``TlsFileError``.
    """
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (ssl.SSLError, OSError) as error:
        raise TlsFileError(
            "KAFKA_SSL_CAFILE",
            f"KAFKA_SSL_CAFILE={str(ca_file)!r} holds no certificate in PEM form "
            f"({_reason(error)}): give the file of the authority that signed the brokers' "
            "certificates",
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = check_hostname
    if cert_file is not None:
        _show_certificate(context, cert_file, key_file, key_password)
    return context


def _show_certificate(
    context: ssl.SSLContext, cert_file: Path, key_file: Path | None, key_password: str | None
) -> None:
    asked = False

    def password() -> str:
        """Without one OpenSSL would ask at the terminal, and a service would hang."""
        nonlocal asked
        asked = True
        return key_password or ""

    try:
        context.load_cert_chain(cert_file, key_file, password)
    except (ssl.SSLError, OSError, ValueError) as error:
        key = f"KAFKA_SSL_KEYFILE={str(key_file)!r}" if key_file else "the key in it"
        if asked:
            what = "is wrong" if key_password else "is not set"
            raise TlsFileError(
                "KAFKA_SSL_PASSWORD",
                f"KAFKA_SSL_PASSWORD {what}: the key of KAFKA_SSL_CERTFILE is encrypted and was "
                "not opened",
            ) from error
        raise TlsFileError(
            "KAFKA_SSL_CERTFILE",
            f"KAFKA_SSL_CERTFILE={str(cert_file)!r} and {key} cannot be used "
            f"({_reason(error)}): give a certificate and its private key, both in PEM form",
        ) from error


def _reason(error: Exception) -> str:
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
