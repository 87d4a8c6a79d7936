"""A server with the OpenAI-compatible chat API (vLLM, Ollama, hosted ones), slow, busy or away at times.

A request is tried again after a timeout, a broken connection, status 429 or 5xx, or an answer that is not of
the API. Pauses double, unless the server sends Retry-After. Where a server refuses a part of the request that
is not essential, the part is left out from then on: the JSON Schema, or the temperature.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from training.errors import RunError
from training.extras import require
from training.labelling.label_prompt import ANSWER_LIMIT, Message
from training.labelling.request_pace import RequestPace, retry_after
from training.labelling.server_settings import KEY_VARIABLE, ServerSettings

if TYPE_CHECKING:
    import httpx

_LARGEST_RESPONSE: Final = 1 << 20  # bytes
_LONGEST_WAIT: Final = 600.0  # seconds that a server may demand
_CONNECT_TIMEOUT: Final = 10.0  # seconds
_REFUSED: Final = (400, 413, 415, 422)
_USAGE: Final = ("prompt_tokens", "completion_tokens")
_FORMATS: Final = ("json_schema", "json_object", "text")


class NoAnswerError(Exception):
    """The server did not answer a request, however often it was tried; the message is the last reason."""


class RefusedPostError(Exception):
    """The server refuses to answer a request; the message is its reason."""


@dataclass(frozen=True)
class Completion:
    """An answer.

    Attributes:
        content: what the model wrote; empty if it refused to.
        is_cut: whether it reached the limit of its length.
        tokens_in: of the request, as the server counts them; 0 if it does not say.
        tokens_out: of the answer.
    """

    content: str
    is_cut: bool = False
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True)
class _Form:
    """The parts of a request that some servers refuse."""

    answer_format: str = _FORMATS[0]
    has_temperature: bool = True
    limit: str | None = "max_tokens"

    def after_refusal(self, reason: str) -> _Form | None:
        """Return the next form to try, or None if there is none."""
        if self.limit == "max_tokens" and "max_completion_tokens" in reason:
            return replace(self, limit="max_completion_tokens")
        if self.has_temperature and "temperature" in reason:
            return replace(self, has_temperature=False)
        place = _FORMATS.index(self.answer_format) + 1
        return replace(self, answer_format=_FORMATS[place]) if place < len(_FORMATS) else None


class ChatServer:
    """Sends requests to a server; an asynchronous context manager.

    Args:
        settings: which server, and how to use it.
        schema: JSON Schema of the answers.

    Attributes:
        settings: as given.
        answers: number of requests that the server has answered.

    Raises:
        RunError: httpx is not installed, or the endpoint or the key is malformed.
    """

    def __init__(self, settings: ServerSettings, schema: dict[str, Any]) -> None:
        require("httpx", "requests to a server")
        import httpx

        key = settings.key
        if key is not None and (not key.isascii() or not key.isprintable() or " " in key):
            raise RunError(
                f"the value of {KEY_VARIABLE} is not an API key: set it again, without white space"
            )
        self.answers = 0
        self.settings = settings
        self._schema = schema
        self._form = _Form()
        self._pace = RequestPace(settings.per_minute)
        self._url = settings.url
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(settings.timeout, connect=min(settings.timeout, _CONNECT_TIMEOUT)),
            limits=httpx.Limits(max_connections=None),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def complete(self, messages: Sequence[Message]) -> Completion:
        """Request the answer to some messages.

        Raises:
            NoAnswerError: the server did not answer.
            RefusedPostError: the server refuses this request.
            RunError: the server refuses all requests: the address, the key or the name of the model is wrong.
        """
        settings, form = self.settings, self._form
        pause, tries = settings.first_pause, 0
        while True:
            answers = self.answers
            await self._pace.turn()
            status, headers, body = await self._send(messages, form)
            if status == 200 and (completion := _parse_completion(body)) is not None:
                self.answers += 1
                self._form = form
                return completion
            reason = self._reason(status, body)
            if status in _REFUSED:
                lower = form.after_refusal(reason)
                if lower is None:
                    raise RefusedPostError(reason)
                form = lower
                continue
            if status is not None and 300 <= status < 500 and status not in (408, 409, 425, 429):
                raise RunError(f"{settings.host} refuses the requests ({reason}): {_advice(status)}")
            # While a busy server answers other requests, waiting for a turn is not a failure.
            if status != 429 or self.answers == answers:
                tries += 1
            if tries >= settings.tries:
                raise NoAnswerError(reason)
            demanded = retry_after(headers.get("retry-after"), longest=_LONGEST_WAIT)
            if demanded is not None:
                self._pace.hold(demanded)
            else:
                await asyncio.sleep(pause)
                pause = min(2 * pause, settings.longest_pause)

    async def _send(
        self, messages: Sequence[Message], form: _Form
    ) -> tuple[int | None, httpx.Headers | dict[str, str], bytes]:
        """Send a request; return status, headers and body, or None and a reason if there is no response."""
        import httpx

        timeout = self.settings.timeout
        body = bytearray()
        try:
            async with (
                asyncio.timeout(timeout),  # a server may send a byte now and then
                self._client.stream("POST", self._url, json=self._body(messages, form)) as response,
            ):
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > _LARGEST_RESPONSE:
                        return None, {}, f"the response has more than {_LARGEST_RESPONSE:,} bytes".encode()
                return response.status_code, response.headers, bytes(body)
        except (TimeoutError, httpx.TimeoutException):
            return None, {}, f"there was no answer within {timeout:g} s".encode()
        except httpx.InvalidURL as error:
            raise RunError(f"--endpoint cannot be used ({error}): correct it") from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            return None, {}, f"the connection failed: {error or type(error).__name__}".encode()

    def _body(self, messages: Sequence[Message], form: _Form) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self.settings.model, "messages": [*messages]}
        if form.has_temperature:
            body["temperature"] = 0
        if form.limit:
            body[form.limit] = ANSWER_LIMIT
        if form.answer_format == "json_schema":
            schema = {"name": "labels", "strict": True, "schema": self._schema}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif form.answer_format == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body

    def _reason(self, status: int | None, body: bytes) -> str:
        """Return why there is no answer, on one line, without the API key."""
        text = body.decode(errors="replace")
        if status == 200:
            return "the response is not of the chat API"
        try:
            error = json.loads(text).get("error")
            text = str(error.get("message") if isinstance(error, dict) else error or text)
        except (ValueError, AttributeError, RecursionError):
            pass
        text = " ".join(text.encode(errors="replace").decode().split())[:300]
        if self.settings.key:
            text = text.replace(self.settings.key, "…")
        return text if status is None else f"status {status}{': ' if text else ''}{text}"


def _parse_completion(body: bytes) -> Completion | None:
    try:
        document = json.loads(body)
        choice = document["choices"][0]
        message = choice["message"]
        content = message.get("content")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    if content is not None and not isinstance(content, str):
        return None
    usage = document.get("usage")
    tokens = [usage.get(name) if isinstance(usage, dict) else 0 for name in _USAGE]
    tokens_in, tokens_out = (number if type(number) is int and number > 0 else 0 for number in tokens)
    content = (content or "").encode(errors="replace").decode()  # no lone surrogates
    return Completion(content, choice.get("finish_reason") == "length", tokens_in, tokens_out)


def _advice(status: int) -> str:
    if status in (401, 403):
        return f"set the environment variable {KEY_VARIABLE} to a valid key"
    if status == 404:
        return "correct --endpoint, which often ends in /v1, or --model"
    return "correct --endpoint"
