"""Addresses without the passwords in them, for messages, logs and `ade-monitor settings`."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, urlsplit

HIDDEN: Final = "********"
"""What stands for a value that is not shown."""


def masked_addresses(text: str) -> str:
    """Return a text without the logins of the addresses in it; other text stays as it is.

    An address is a URL, or what has both an `@` and a `:`, as in `user:password@host:port`. Of several
    addresses, separated by commas, none is shown if there is a login, because a password may have a comma.
    """
    if "://" not in text:
        return HIDDEN if "@" in text and ":" in text else text
    # A comma after the question mark belongs to the value of an option.
    addresses = [text] if "?" in text else text.split(",")
    if "@" in text and len(addresses) > 1:
        return HIDDEN
    return ",".join(masked_url(address) if "://" in address else address for address in addresses)


def masked_url(text: str) -> str:
    """Return a URL without its passwords; text that is not clearly a URL becomes stars, unless it is empty.

    The parser may have split a password that was not escaped, at its own `/`, `?`, `#` or `:`. A URL is
    therefore not clear if it has an @ after the host, or a port that is not a number.
    """
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - the property raises if the port is not a number
    except ValueError:
        return HIDDEN
    login, at, host = parts.netloc.rpartition("@")
    if "://" not in text or "@" in parts.path + parts.query + parts.fragment:
        return HIDDEN
    user, colon, _ = login.partition(":")
    query = "&".join(_masked_option(option) for option in parts.query.split("&"))
    # Joined by hand, because geturl() removes the slashes from a URL without a host.
    url = f"{parts.scheme}://{user}{colon and ':***'}{at}{host}{parts.path}"
    return url + (query and f"?{query}") + (parts.fragment and f"#{parts.fragment}")


def _masked_option(option: str) -> str:
    """Mask the value of an option such as `password=…`, which drivers also accept."""
    name, equals, _ = option.partition("=")
    return f"{name}{equals}***" if re.search("pass|secret|token", unquote(name), re.IGNORECASE) else option
