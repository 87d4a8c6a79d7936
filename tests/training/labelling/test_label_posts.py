"""Posts are labelled by a server that answers well or badly, several at once."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.training.labelling.chat_servers import ChatHost, Exchange, label_by_word
from tests.training.labelling.labelling_runs import POSTS, label, records, rejects
from training.examples import Example
from training.labelling import LabelPrompt, TermNames


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
