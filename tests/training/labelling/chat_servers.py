"""A chat server on a local port that answers as a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Exchange"], None]
"""Sends the response to a request, or none."""


class Exchange:
    """One request, and the means to respond to it."""

    def __init__(self, handler: BaseHTTPRequestHandler, number: int, closing: threading.Event) -> None:
        self.handler = handler
        self.number = number
        self.closing = closing
        self.path = handler.path
        self.headers = dict(handler.headers.items())
        self.body: dict[str, Any] = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))

    @property
    def post(self) -> str:
        """The text of the post, from the question."""
        questions = [message["content"] for message in self.body["messages"] if message["role"] == "user"]
        last = next(question for question in reversed(questions) if "Post:\n" in question)
        return str(last.split("Post:\n", 1)[1])

    @property
    def is_repeated(self) -> bool:
        """True if the request names a fault of the answer before."""
        return "cannot be used" in self.body["messages"][-1]["content"]

    def send(self, status: int, content: bytes, **headers: str) -> None:
        """Send a whole response."""
        self.handler.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()
        self.handler.wfile.write(content)

    def answer(self, content: Any, finish: str = "stop") -> None:
        """Send an answer of the model: a text, or a document as JSON."""
        text = content if isinstance(content, str) else json.dumps(content)
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": finish}
        usage = {"prompt_tokens": 100, "completion_tokens": 10}
        self.send(200, json.dumps({"choices": [choice], "usage": usage}).encode())

    def refuse(self, status: int, message: str, **headers: str) -> None:
        """Send an error as hosted servers do."""
        self.send(status, json.dumps({"error": {"message": message}}).encode(), **headers)

    def wait(self) -> None:
        """Send nothing until the server is closed."""
        self.closing.wait(30)


class ChatHost:
    """A running server.

    Attributes:
        endpoint: its address.
        exchanges: all requests so far.
        behaviour: responds to each request; may be changed.
    """

    def __init__(self, endpoint: str, behaviour: Behaviour) -> None:
        self.endpoint = endpoint
        self.exchanges: list[Exchange] = []
        self.behaviour = behaviour


@contextmanager
def chat_host(behaviour: Behaviour) -> Iterator[ChatHost]:
    """Run a server while the block runs."""
    lock, closing = threading.Lock(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            with lock:
                exchange = Exchange(self, len(host.exchanges), closing)
                host.exchanges.append(exchange)
            try:
                host.behaviour(exchange)
            except OSError:  # the client left
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    host = ChatHost(f"http://127.0.0.1:{server.server_address[1]}/v1", behaviour)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield host
    finally:
        closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def label_by_word(exchange: Exchange, word: str = "dizzy") -> None:
    """Answer well: a post with a word reports an adverse effect, which that word names."""
    quotes = [{"quote": word, "occurrence": None}] if word in exchange.post else []
    exchange.answer({"adverse_effect": bool(quotes), "effects": quotes})
