"""TLS to the brokers: whose certificates are trusted, and the certificate that we show."""

from __future__ import annotations

import ssl

from monitor.settings import KafkaSettings, load_key_pair, require_certificates


def tls_context(kafka: KafkaSettings) -> ssl.SSLContext:
    """Return the context for connections to the brokers. Their names and certificates are always checked.

    Without `kafka.tls_ca`, the system's authorities are trusted; with it, only those in the file.

    Raises:
        SettingsError: a file cannot be read, has no certificate, or its key does not fit.
    """
    authorities = require_certificates(kafka.tls_ca, "kafka.tls_ca") if kafka.tls_ca else None
    context = ssl.create_default_context(cafile=authorities)
    if kafka.tls_certificate:
        password = kafka.tls_key_password.get_secret_value() if kafka.tls_key_password else ""
        load_key_pair(context, "kafka", kafka.tls_certificate, kafka.tls_key, password)
    return context


def trusted_authorities(kafka: KafkaSettings) -> ssl.SSLContext:
    """Return the context for other servers of the company: the system's authorities and `kafka.tls_ca`.

    Raises:
        SettingsError: the file cannot be read, or has no certificate.
    """
    context = ssl.create_default_context()
    if kafka.tls_ca:
        context.load_verify_locations(require_certificates(kafka.tls_ca, "kafka.tls_ca"))
    return context
