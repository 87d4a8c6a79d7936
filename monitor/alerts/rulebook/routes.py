"""The routes of a rules file, `[route.NAME]`: where `ade-monitor notify` takes alerts.

No secret is in the file. A field such as `secret` is either `secret_env`, the name of an environment
variable, or `secret_file`, the path of a file, relative to the rules file.
"""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from monitor.alerts.rulebook.durations import require_time_zone

DEFAULT_ROUTE: Final = "default"
"""The route of alerts whose rule names none."""

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def _variable(name: str) -> str:
    if name.upper().startswith("ADE_"):
        raise ValueError(f"{name} would be read as a setting; choose a name that does not start with ADE_")
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError("must be the name of an environment variable, not the secret itself")
    return name


def _from_rules_file(path: Path, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get("folder", Path())
    return Path(folder) / path.expanduser()


def _address(text: str) -> str:
    if not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", text):
        raise ValueError(f"{text!r} is not an e-mail address; write one such as safety@example.org")
    return text


VariableName = Annotated[str, AfterValidator(_variable)]
FilePath = Annotated[Path, AfterValidator(_from_rules_file)]
Address = Annotated[str, AfterValidator(_address)]


class _AnyRoute(BaseModel):
    """What all routes have.

    Attributes:
        time_zone: of full hours, of days, and of the times in messages.
        daily_at: local time of the daily digest.
        timeout: seconds for each answer of the other side.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True)

    time_zone: Annotated[str, AfterValidator(require_time_zone)] = "UTC"
    daily_at: time = time(0, 0)
    timeout: float = Field(10.0, gt=0, le=30)


class WebhookRoute(_AnyRoute):
    """POST requests with a CloudEvents body, signed as in Standard Webhooks.

    Attributes:
        url: address of the receiver; `url_env` or `url_file` if the address itself is a secret.
        secret_env, secret_file: the key of the signature; several on separate lines sign together.
        ca_file: PEM file of the authority of the receiver's certificate; by default the usual ones.
        allow_http: allow an address without TLS on another machine.
        retractions: send retractions, too.
    """

    type: Literal["webhook"]
    url: str | None = None
    url_env: VariableName | None = None
    url_file: FilePath | None = None
    secret_env: VariableName | None = None
    secret_file: FilePath | None = None
    ca_file: FilePath | None = None
    allow_http: bool = False
    retractions: bool = True

    @model_validator(mode="after")
    def _complete(self) -> WebhookRoute:
        _exactly_one(self, "url", "url_env", "url_file")
        _exactly_one(self, "secret_env", "secret_file")
        if self.url is not None and (problem := url_problem(self.url, allow_http=self.allow_http)):
            raise ValueError(problem)
        return self


class EmailRoute(_AnyRoute):
    """E-mail by SMTP.

    Attributes:
        port: by default 587 for `starttls`, 465 for `tls` and 25 for `none`.
        tls: `starttls`, `tls` from the first byte, or `none`.
        user: login, if the server needs one; its password is in `password_env` or `password_file`.
        sender: the address in From.
        to: the recipients.
        include_text: write the post into the message. The subject never has it.
        retractions: send a message for each retraction, too.
    """

    type: Literal["email"]
    host: str = Field(min_length=1)
    port: int | None = Field(None, ge=1, le=65_535)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password_env: VariableName | None = None
    password_file: FilePath | None = None
    ca_file: FilePath | None = None
    sender: Address = Field(alias="from")
    to: tuple[Address, ...]
    include_text: bool = True
    retractions: bool = False

    @model_validator(mode="after")
    def _has_recipients(self) -> EmailRoute:
        if not self.to:
            raise ValueError("`to` needs at least one address")
        return self

    @model_validator(mode="after")
    def _login_is_complete_and_protected(self) -> EmailRoute:
        if self.user is None:
            if self.password_env or self.password_file:
                raise ValueError("a password needs a `user`")
            return self
        _exactly_one(self, "password_env", "password_file")
        if self.tls == "none" and self.host not in _LOOPBACK:
            raise ValueError('tls = "none" would send the password in the clear; write "starttls" or "tls"')
        return self

    @property
    def effective_port(self) -> int:
        """The port, which depends on `tls` by default."""
        return self.port or {"starttls": 587, "tls": 465, "none": 25}[self.tls]


class ChatRoute(_AnyRoute):
    """Slack, Microsoft Teams, or any other service of apprise, by its URL.

    Attributes:
        url_env, url_file: the address with its tokens: that of the incoming webhook, or a URL of apprise.
        include_text: write the post into the message.
        retractions: send a message for each retraction, too.
    """

    type: Literal["slack", "teams", "apprise"]
    url_env: VariableName | None = None
    url_file: FilePath | None = None
    include_text: bool = True
    retractions: bool = False

    @model_validator(mode="after")
    def _complete(self) -> ChatRoute:
        _exactly_one(self, "url_env", "url_file")
        return self


Route = Annotated[WebhookRoute | EmailRoute | ChatRoute, Field(discriminator="type")]
"""A route; the field `type` decides which fields it may have."""


def url_problem(url: str, *, allow_http: bool) -> str | None:
    """Return what is wrong with the address of a webhook, without the address itself, or None."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - the property raises if the port is not a number
    except ValueError:
        return "the url is not valid"
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return "the url must start with https:// and a host"
    if parts.username or parts.password:
        return "the url must not have a login; the receiver checks the signature"
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK and not allow_http:
        return "the url sends posts in the clear; write https://, or allow_http = true in a network you trust"
    return None


def _exactly_one(route: BaseModel, *fields: str) -> None:
    present = [field for field in fields if getattr(route, field) is not None]
    if len(present) != 1:
        raise ValueError(f"needs exactly one of {', '.join(fields)}")
