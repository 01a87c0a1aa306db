"""An authority and a certificate for this machine, made for one test run."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificates:
    """Files: whom to trust, and what a server shows."""

    authority: Path
    chain: Path
    key: Path


def make_certificates(directory: Path, *hosts: str) -> Certificates:
    """For these hosts, else for this machine's own names."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("authority of a test", authority_key.public_key(), "authority of a test", True)
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts or ("localhost",)]
    if not hosts:
        names.append(x509.IPAddress(ip_address("127.0.0.1")))
    server = _certificate("server of a test", key.public_key(), "authority of a test", False).add_extension(
        x509.SubjectAlternativeName(names), critical=False
    )
    made = Certificates(directory / "authority.pem", directory / "server.pem", directory / "server.key")
    for file, built in ((made.authority, authority), (made.chain, server)):
        signed = built.sign(authority_key, hashes.SHA256())
        file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return made


def _certificate(
    subject: str, public_key: ec.EllipticCurvePublicKey, issuer: str, authority: bool
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
