"""Certificates for servers of tests, signed by authorities that are made for the test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization


@dataclass(frozen=True)
class CertificateFiles:
    """A certificate and its private key as PEM files, apart and in one file.

    Attributes:
        certificate: the certificate.
        key: its private key (PKCS #8).
        both: the key, and then the certificate.
    """

    certificate: Path
    key: Path
    both: Path


class TestAuthority:
    """An authority that signs certificates. Another instance is one that nobody trusts.

    Args:
        folder: for the files; one folder for each authority.
    """

    __test__ = False

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._authority = trustme.CA()
        self.file = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(self.file))

    def issue(
        self,
        *names: str,
        common_name: str | None = None,
        expired: bool = False,
        password: bytes | None = None,
    ) -> CertificateFiles:
        """Return the files of a new certificate.

        Args:
            names: of the hosts that it is for; `localhost` and 127.0.0.1 by default.
            common_name: the user that it is for.
            expired: it ended yesterday.
            password: of the private key.
        """
        issued = self._authority.issue_cert(
            *(names or ("localhost", "127.0.0.1")),
            common_name=common_name,
            not_after=datetime.now(UTC) - timedelta(days=1) if expired else None,
        )
        number = len(list(self._folder.iterdir()))
        files = CertificateFiles(
            *(self._folder / f"{kind}-{number}.pem" for kind in ("certificate", "key", "both"))
        )
        key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
        key_pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption(),
        )
        certificate = issued.cert_chain_pems[0].bytes()
        files.certificate.write_bytes(certificate)
        files.key.write_bytes(key_pem)
        files.key.chmod(0o600)  # PostgreSQL and libpq refuse a key that others may read
        files.both.write_bytes(key_pem + certificate)
        files.both.chmod(0o600)
        return files
