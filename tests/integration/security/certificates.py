"""Certificates for one test run: an authority, a broker's, a client's; and a stranger's."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

__all__ = ["Certificates", "make_certificates"]


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files in PEM form."""

    ca: Path
    broker_store: Path
    """The broker's key, certificate and authority in one file, as Kafka wants it."""
    client_cert: Path
    client_key: Path
    """Encrypted; its password is ``open sesame``."""
    strange_ca: Path
    """An authority that signed nothing here."""
    strange_cert: Path
    """Signed by the stranger, its key beside it in the same file."""


def make_certificates(folder: Path) -> Certificates:
    """Make them with the openssl of the machine; skips without one.

    The broker's certificate bears the name ``localhost`` and no address.
    """

    def openssl(*arguments: str) -> None:
        try:
            subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
        except FileNotFoundError:
            pytest.skip("openssl is not installed")

    def authority(name: str) -> None:
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                "-days", "2", "-keyout", f"{name}.key", "-out", f"{name}.pem")  # fmt: skip

    def signed(name: str, by: str, usage: str, alternative: str = "") -> None:
        extensions = f"extendedKeyUsage={usage}\n"
        if alternative:
            extensions += f"subjectAltName={alternative}\n"
        (folder / f"{name}.ext").write_text(extensions, encoding="ascii")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                "-keyout", f"{name}.key", "-out", f"{name}.csr")  # fmt: skip
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{by}.pem", "-CAkey", f"{by}.key",
                "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext",
                "-out", f"{name}.pem")  # fmt: skip

    authority("ca")
    authority("strange-ca")
    signed("broker", "ca", "serverAuth", "DNS:localhost")
    signed("client", "ca", "clientAuth")
    signed("stranger", "strange-ca", "clientAuth")
    openssl("pkcs8", "-topk8", "-in", "client.key", "-out", "client-locked.key", "-v2", "aes256",
            "-passout", "pass:open sesame")  # fmt: skip

    def joined(target: str, *parts: str) -> Path:
        text = "".join((folder / part).read_text(encoding="ascii") for part in parts)
        (folder / target).write_text(text, encoding="ascii")
        return folder / target

    return Certificates(
        ca=folder / "ca.pem",
        broker_store=joined("broker-store.pem", "broker.key", "broker.pem", "ca.pem"),
        client_cert=folder / "client.pem",
        client_key=folder / "client-locked.key",
        strange_ca=folder / "strange-ca.pem",
        strange_cert=joined("stranger-store.pem", "stranger.key", "stranger.pem"),
    )
