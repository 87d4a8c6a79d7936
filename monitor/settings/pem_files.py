"""Files of certificates and private keys that settings name: checked before a connection fails for them."""

from __future__ import annotations

import ssl
from pathlib import Path

from monitor.errors import SettingsError


def require_certificates(path: Path, setting: str) -> str:
    """Return the path as text if the file has certificates in PEM format.

    Args:
        path: the file.
        setting: which setting names it, such as `kafka.tls_ca`.

    Raises:
        SettingsError: the file cannot be read, or has no certificate.
    """
    try:
        ssl.create_default_context(cafile=str(path))
    except ssl.SSLError:
        raise SettingsError(
            f"{setting}: {path} has no certificate in PEM format",
            "export it as PEM; `keytool` and `openssl pkcs12` convert a Java keystore",
        ) from None
    except OSError as error:
        raise SettingsError(f"{setting}: {path} cannot be read ({error.strerror})") from None
    return str(path)


def load_key_pair(
    context: ssl.SSLContext, section: str, certificate: Path, key: Path | None, password: str = ""
) -> None:
    """Load our certificate and its private key into `context`.

    Args:
        context: the context that will show them.
        section: the settings are `<section>.tls_certificate` and so on.
        certificate: the file of the certificate.
        key: the file of its key, or None if both are in one file.
        password: of the key; an empty one means that it has none.

    Raises:
        SettingsError: a file cannot be read, or the key is not that of the certificate.
    """
    require_certificates(certificate, f"{section}.tls_certificate")
    key_file = key or certificate
    try:
        # A function, even without a password: otherwise OpenSSL would ask for it on the terminal.
        context.load_cert_chain(certificate, key, lambda: password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise SettingsError(
                f"{section}.tls_key: the key in {key_file} is not that of the certificate in {certificate}",
                "name the files of one certificate and its own key",
            ) from None
        raise SettingsError(
            f"{section}.tls_key: the private key in {key_file} cannot be read",
            f"it must be in PEM format, and {section}.tls_key_password must be its password"
            if section == "kafka"
            else "it must be in PEM format and without a password",
        ) from None
    except OSError as error:
        raise SettingsError(f"{section}.tls_key: {key_file} cannot be read ({error.strerror})") from None
