"""Labelling by a server that answers well, badly, late, or not at all."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.training.labelling.chat_servers import Behaviour, ChatHost, Exchange, chat_host, label_by_word
from training.errors import RunError
from training.examples import Example
from training.labelling import LabelCounts, LabelledFile, LabelPrompt, ServerSettings, TermNames, label_posts

POSTS = [
    Example("1", "zoloft made me dizzy", 0),
    Example("2", "just got my pill", 0),
    Example("3", "so  DIZZY all day 😵", 0),
    Example("4", "dizzy", 0, context="Day three on zoloft"),
    Example("5", "hello you", 0),
]


@pytest.fixture
def host() -> Iterator[ChatHost]:
    with chat_host(label_by_word) as running:
        yield running


def label(host: ChatHost, path: Path, posts: list[Example] = POSTS, **options: Any) -> LabelCounts:
    prompt = options.pop("prompt", LabelPrompt())
    server = {"timeout": 5.0, "first_pause": 0.01, "longest_pause": 0.02, **options.pop("server", {})}
    settings = ServerSettings(host.endpoint, "tiny-model", **server)
    retry = options.pop("retry_rejects", False)
    with LabelledFile(path, model="tiny-model", prompt=prompt.version, retry_rejects=retry) as file:
        file.forget_rejects()
        return label_posts(posts, file, settings, prompt, **options)


def records(path: Path) -> dict[str, dict[str, Any]]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    read = [json.loads(line) for line in lines]
    assert len({record["id"] for record in read}) == len(read)
    return {record["id"]: record for record in read}


def rejects(path: Path) -> dict[str, str]:
    return {id_: record["reason"] for id_, record in records(path.with_suffix(".rejects.jsonl")).items()}


def test_a_good_server_labels_all_posts(host: ChatHost, tmp_path: Path) -> None:
    done: list[int] = []
    counts = label(host, tmp_path / "labels.jsonl", advance=done.append)
    labels = records(tmp_path / "labels.jsonl")
    assert {id_: record["label"] for id_, record in labels.items()} == {
        "1": 1,
        "2": 0,
        "3": 0,
        "4": 1,
        "5": 0,
    }
    assert labels["1"]["spans"][0] | {"ptid": None} == {
        "start": 15,
        "end": 20,
        "text": "dizzy",
        "ptid": None,
        "llt": None,
        "pt_name": None,
    }
    assert labels["4"]["context"] == "Day three on zoloft"
    assert {(record["source"], record["model"]) for record in labels.values()} == {("model", "tiny-model")}
    assert (counts.labelled, counts.positive, counts.spans, counts.tokens_in) == (5, 2, 2, 500)
    assert sum(done) == 5
    assert not (tmp_path / "labels.rejects.jsonl").exists()


def test_requests_carry_schema_key_and_context(host: ChatHost, tmp_path: Path) -> None:
    label(host, tmp_path / "labels.jsonl", POSTS[3:4], server={"key": "secret-123"})
    exchange = host.exchanges[0]
    assert exchange.path == "/v1/chat/completions"
    assert exchange.headers["Authorization"] == "Bearer secret-123"
    assert exchange.body["model"] == "tiny-model"
    assert exchange.body["response_format"]["json_schema"]["strict"] is True
    assert "Day three on zoloft" in exchange.body["messages"][-1]["content"]


def test_terms_are_looked_up(host: ChatHost, tmp_path: Path) -> None:
    def with_terms(exchange: Exchange) -> None:
        effects = [
            {"quote": "made me", "occurrence": None, "term": "made up"},
            {"quote": "dizzy", "occurrence": None, "term": "  Dizziness"},
        ]
        exchange.answer({"adverse_effect": True, "effects": effects})

    host.behaviour = with_terms
    terms = TermNames({"dizziness": "90000004"}, {"90000004": "Dizziness"})
    prompt = LabelPrompt(with_terms=True)
    counts = label(host, tmp_path / "labels.jsonl", POSTS[:1], prompt=prompt, terms=terms)
    spans = records(tmp_path / "labels.jsonl")["1"]["spans"]
    assert [span["ptid"] for span in spans] == [None, "90000004"]
    assert spans[1]["pt_name"] == "Dizziness"
    assert (counts.coded, counts.unknown_terms) == (1, 1)


NO = {"adverse_effect": False, "effects": []}


@pytest.mark.parametrize(
    "answer",
    [
        "I am sorry, I cannot do that.",
        "",
        '{"adverse_effect": true, "effects": [{"quote": "diz',
        {"adverse_effect": "maybe", "effects": []},
        {"adverse_effect": True, "effects": []},
        {"adverse_effect": False, "effects": [{"quote": "dizzy", "occurrence": None}]},
        {"adverse_effect": True, "effects": [{"quote": "terrible headache", "occurrence": None}]},
        {"adverse_effect": True, "effects": ["dizzy"]},
        {"adverse_effect": True, "effects": [{"quote": 7}]},
        {"adverse_effect": True, "effects": {"quote": "dizzy"}},
        {"adverse_effect": True, "effects": [{"quote": "me dizzy"}, {"quote": "dizzy"}]},
        {"adverse_effect": True, "effects": [{"quote": "dizzy", "occurrence": 0}]},
        '{"adverse_effect": true, "effects": [{"quote": "\\ud83d"}]}',
        "half of a pair: \ud83d",
        "[" * 100_000,
        '{"adverse_effect":' * 50_000,
        {"adverse_effect": True, "effects": [{"quote": "dizzy " * 100_000}]},
    ],
)
def test_a_bad_answer_is_asked_for_again_and_then_rejected(
    answer: Any, host: ChatHost, tmp_path: Path
) -> None:
    host.behaviour = lambda exchange: exchange.answer(answer)
    counts = label(host, tmp_path / "labels.jsonl", POSTS[:1], tries=3)
    assert (counts.labelled, counts.rejected, counts.repeated) == (0, 1, 2)
    assert len(host.exchanges) == 3
    assert host.exchanges[1].is_repeated
    reason = rejects(tmp_path / "labels.jsonl")["1"]
    assert reason.isprintable()
    assert reason in host.exchanges[2].body["messages"][-1]["content"]


def test_a_corrected_answer_counts(host: ChatHost, tmp_path: Path) -> None:
    def corrects_itself(exchange: Exchange) -> None:
        if exchange.is_repeated:
            label_by_word(exchange)
        else:
            exchange.answer({"adverse_effect": True, "effects": [{"quote": "a stroke"}]})

    host.behaviour = corrects_itself
    counts = label(host, tmp_path / "labels.jsonl", POSTS[:2])
    assert (counts.labelled, counts.repeated) == (2, 2)


@pytest.mark.parametrize(
    "wrapped", ["```json\n{}\n```", "<think>{{}}</think>\nHere you are: {}", "{{}} {} Let me know!"]
)
def test_json_within_other_text_is_found(wrapped: str, host: ChatHost, tmp_path: Path) -> None:
    content = wrapped.replace("{{}}", "\0").replace("{}", json.dumps(NO)).replace("\0", '{"a": 1}')
    host.behaviour = lambda exchange: exchange.answer(content)
    assert label(host, tmp_path / "labels.jsonl").labelled == 5


def test_a_cut_answer_is_a_fault(host: ChatHost, tmp_path: Path) -> None:
    host.behaviour = lambda exchange: exchange.answer(NO, finish="length")
    assert label(host, tmp_path / "labels.jsonl", POSTS[:1]).rejected == 1


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


def test_a_second_run_asks_only_for_what_is_missing(host: ChatHost, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    label(host, path, POSTS[:2])
    counts = label(host, path, [*POSTS, replace(POSTS[4], id="again")])
    assert (counts.labelled, len(host.exchanges)) == (3, 5)
    assert sorted(records(path)) == ["1", "2", "3", "4", "5"]
    assert label(host, path).labelled == 0


def test_rejects_are_asked_again_only_on_demand(host: ChatHost, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    host.behaviour = lambda exchange: exchange.answer("no")
    assert label(host, path, POSTS[:1]).rejected == 1
    host.behaviour = label_by_word
    assert label(host, path, POSTS[:1]).labelled == 0
    assert label(host, path, POSTS[:1], retry_rejects=True).labelled == 1
    assert rejects(path) == {}


def test_an_interrupted_run_keeps_what_was_answered(host: ChatHost, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"

    def interrupt(_: int) -> None:
        if len(records(path)) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        label(host, path, advance=interrupt, concurrency=1)
    assert len(records(path)) == 2
    assert label(host, path).labelled == 3


def test_a_line_that_was_cut_is_removed(host: ChatHost, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    label(host, path, POSTS[:3])
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])
    assert label(host, path).labelled == 3
    assert len(records(path)) == 5


@pytest.mark.parametrize("content", ["nonsense\n", '{"id": "1"}\n', '{"text": "x", "label": 1}\n', "[]\n"])
def test_another_file_is_not_touched(content: str, host: ChatHost, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(content)
    with pytest.raises(RunError, match="--out"):
        label(host, path)
    assert path.read_text() == content


def test_labels_of_another_prompt_are_not_mixed_in(host: ChatHost, tmp_path: Path) -> None:
    label(host, tmp_path / "labels.jsonl")
    with pytest.raises(RunError, match="--out"):
        label(host, tmp_path / "labels.jsonl", prompt=LabelPrompt(with_terms=True))


def test_a_full_disk_stops_the_run_and_the_next_one_continues(
    host: ChatHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "labels.jsonl"
    written = []

    def full(record: object, **options: Any) -> str:
        written.append(record)
        if len(written) > 2:
            raise OSError(28, "No space left on device")
        return json.dumps(record, **options)

    with monkeypatch.context() as patch:
        patch.setattr("training.labelling.labelled_file.json", SimpleNamespace(dumps=full, loads=json.loads))
        with pytest.raises(RunError, match="make room"):
            label(host, path, concurrency=1)
    assert len(records(path)) == 2
    assert label(host, path).labelled == 3


def test_the_labels_are_not_written_into_a_device_or_a_folder(host: ChatHost, tmp_path: Path) -> None:
    (tmp_path / "device.jsonl").symlink_to("/dev/null")
    (tmp_path / "folder.jsonl").mkdir()
    for name in ("device.jsonl", "folder.jsonl"):
        with pytest.raises(RunError, match="not a file"):
            label(host, tmp_path / name)


def test_two_runs_do_not_write_the_same_file(host: ChatHost, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    with (
        LabelledFile(path, model="tiny-model", prompt=LabelPrompt().version),
        pytest.raises(RunError, match="another process"),
    ):
        label(host, path)
    assert label(host, path).labelled == 5


def test_requests_run_at_once_up_to_the_limit(host: ChatHost, tmp_path: Path) -> None:
    lock, running, most = threading.Lock(), [0], [0]

    def slow(exchange: Exchange) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.05)
        with lock:
            running[0] -= 1
        label_by_word(exchange)

    host.behaviour = slow
    posts = [Example(str(number), f"post {number}", 0) for number in range(12)]
    assert label(host, tmp_path / "labels.jsonl", posts, concurrency=3).labelled == 12
    assert most[0] == 3
