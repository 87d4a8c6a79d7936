"""A server that is slow, busy, away, or refuses parts of a request."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.labelling.chat_servers import Behaviour, ChatHost, Exchange, chat_host, label_by_word
from tests.training.labelling.labelling_runs import POSTS, label, records, rejects
from training.errors import RunError
from training.examples import Example


def fails_first(failure: Behaviour, times: int = 1) -> Behaviour:
    """Fail the first requests, and answer the others well."""

    def behaviour(exchange: Exchange) -> None:
        if exchange.number < times:
            failure(exchange)
        else:
            label_by_word(exchange)

    return behaviour


def drop(exchange: Exchange) -> None:
    exchange.handler.close_connection = True
    exchange.handler.connection.close()


def drip(exchange: Exchange) -> None:
    exchange.handler.send_response(200)
    exchange.handler.send_header("Content-Length", "1000")
    exchange.handler.end_headers()
    while not exchange.closing.wait(0.05):
        exchange.handler.wfile.write(b" ")


FAILURES: dict[str, Behaviour] = {
    "500": lambda exchange: exchange.refuse(500, "out of memory"),
    "503 in HTML": lambda exchange: exchange.send(503, b"<html>busy</html>"),
    "429": lambda exchange: exchange.refuse(429, "slow down"),
    "429 with Retry-After": lambda exchange: exchange.refuse(429, "slow down", Retry_After="0.1"),
    "429 with a past date": lambda exchange: exchange.refuse(
        429, "slow down", Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"
    ),
    "429 with nonsense": lambda exchange: exchange.refuse(429, "slow down", Retry_After="soon"),
    "half JSON": lambda exchange: exchange.send(200, b'{"choices": [{"message": {"content": "'),
    "another document": lambda exchange: exchange.send(200, b'{"object": "list", "data": []}'),
    "a list": lambda exchange: exchange.send(200, b"[1]"),
    "a huge response": lambda exchange: exchange.send(200, b" " * 3_000_000),
    "a dropped connection": drop,
    "nothing": lambda exchange: exchange.wait(),
    "a byte now and then": drip,
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=list(FAILURES))
def test_a_failure_is_tried_again(failure: Behaviour, host: ChatHost, tmp_path: Path) -> None:
    host.behaviour = fails_first(failure, times=2)
    counts = label(host, tmp_path / "labels.jsonl", server={"timeout": 0.5})
    assert (counts.labelled, counts.rejected) == (5, 0)
    assert len(host.exchanges) == 7


@pytest.mark.parametrize("failure", ["500", "nothing", "a dropped connection", "half JSON", "429"])
def test_a_server_that_is_down_stops_the_run_and_rejects_nothing(
    failure: str, host: ChatHost, tmp_path: Path
) -> None:
    host.behaviour = FAILURES[failure]
    with pytest.raises(RunError, match=r"127\.0\.0\.1.*continues"):
        label(host, tmp_path / "labels.jsonl", server={"timeout": 0.1, "tries": 2}, concurrency=2)
    assert records(tmp_path / "labels.jsonl") == rejects(tmp_path / "labels.jsonl") == {}
    host.behaviour = label_by_word
    assert label(host, tmp_path / "labels.jsonl").labelled == 5


def test_nobody_listens(tmp_path: Path) -> None:
    with chat_host(label_by_word) as host:
        pass
    with pytest.raises(RunError, match="does not answer"):
        label(host, tmp_path / "labels.jsonl", POSTS[:1], server={"tries": 2})


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_post_that_the_server_cannot_answer_is_rejected(
    concurrency: int, host: ChatHost, tmp_path: Path
) -> None:
    def chokes(exchange: Exchange) -> None:
        if "pill" in exchange.post:
            exchange.refuse(500, "choked")
        else:
            label_by_word(exchange)

    host.behaviour = chokes
    counts = label(host, tmp_path / "labels.jsonl", concurrency=concurrency, server={"tries": 2})
    assert (counts.labelled, counts.rejected) == (4, 1)
    assert "choked" in rejects(tmp_path / "labels.jsonl")["2"]


@pytest.mark.parametrize(
    ("status", "named"),
    [(401, "ADE_LABEL_API_KEY"), (403, "ADE_LABEL_API_KEY"), (404, "--model"), (302, "302")],
)
def test_a_refusal_of_all_requests_stops_at_once(
    status: int, named: str, host: ChatHost, tmp_path: Path
) -> None:
    host.behaviour = lambda exchange: exchange.refuse(status, "no, secret-123 is wrong")
    with pytest.raises(RunError, match=named) as caught:
        label(host, tmp_path / "labels.jsonl", server={"key": "secret-123"}, concurrency=1)
    assert len(host.exchanges) == 1
    assert "secret-123" not in str(caught.value)


@pytest.mark.parametrize("accepted", ["json_object", None])
def test_servers_without_schemas_get_simpler_requests(
    accepted: str | None, host: ChatHost, tmp_path: Path
) -> None:
    def simple(exchange: Exchange) -> None:
        kind = exchange.body.get("response_format", {}).get("type")
        if kind == accepted:
            label_by_word(exchange)
        else:
            exchange.refuse(400, f"response_format {kind} is not supported")

    host.behaviour = simple
    assert label(host, tmp_path / "labels.jsonl", concurrency=1).labelled == 5
    assert len(host.exchanges) == (6 if accepted else 7)


def test_newer_models_get_other_names_and_no_temperature(host: ChatHost, tmp_path: Path) -> None:
    def strict(exchange: Exchange) -> None:
        if "max_tokens" in exchange.body:
            exchange.refuse(400, "Use 'max_completion_tokens' in place of 'max_tokens'.")
        elif "temperature" in exchange.body:
            exchange.refuse(400, "Unsupported value: 'temperature'")
        else:
            assert "json_schema" in exchange.body["response_format"]
            label_by_word(exchange)

    host.behaviour = strict
    assert label(host, tmp_path / "labels.jsonl", concurrency=1).labelled == 5
    assert len(host.exchanges) == 7


def test_a_post_that_is_refused_does_not_change_the_form_of_requests(host: ChatHost, tmp_path: Path) -> None:
    def filters(exchange: Exchange) -> None:
        if "pill" in exchange.post:
            exchange.refuse(400, "filtered")
        else:
            label_by_word(exchange)

    host.behaviour = filters
    counts = label(host, tmp_path / "labels.jsonl", concurrency=1)
    assert (counts.labelled, counts.rejected) == (4, 1)
    assert "response_format" in host.exchanges[-1].body


def test_a_server_that_refuses_every_post_stops_the_run(host: ChatHost, tmp_path: Path) -> None:
    host.behaviour = lambda exchange: exchange.refuse(400, "unknown model")
    posts = [Example(str(number), f"post {number}", 0) for number in range(30)]
    with pytest.raises(RunError, match="unknown model"):
        label(host, tmp_path / "labels.jsonl", posts)
    assert rejects(tmp_path / "labels.jsonl") == {}
