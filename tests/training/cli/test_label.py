"""`ade-train label`: the cost first, the key from the environment, labels that only some commands read."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.training.cli.tiny_scoring import RECORDS
from tests.training.labelling.chat_servers import ChatHost, Exchange, chat_host, label_by_word
from training.cli.app import app

RUNNER = CliRunner()
POSTS = ("zoloft made me dizzy", "just got my pill", "dizzy again", "just got my pill")


@pytest.fixture
def host() -> Iterator[ChatHost]:
    with chat_host(label_by_word) as running:
        yield running


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    path = tmp_path / "posts.txt"
    path.write_text("\n".join(POSTS))
    return path


def label(host: ChatHost, out: Path, *more: str, **options: str) -> Result:
    server = ["--endpoint", host.endpoint, "--model", "tiny-model", "--timeout", "5"]
    return RUNNER.invoke(app, ["label", *server, "--out", str(out), *more], env=options)


def test_labels_cost_and_the_key(host: ChatHost, posts: Path, tmp_path: Path) -> None:
    out = tmp_path / "labels.jsonl"
    more = ("--texts", str(posts), "--price-in", "2", "--price-out", "8")
    result = label(host, out, *more, ADE_LABEL_API_KEY="secret-123")
    assert result.exit_code == 0, result.output
    assert "posts to label: 3, about " in result.stderr
    assert "cost about" in result.stderr
    assert "secret-123" not in result.output
    assert host.exchanges[0].headers["Authorization"] == "Bearer secret-123"
    assert len(out.read_text().splitlines()) == 3
    again = label(host, out, *more, "--json")
    assert "already" in again.stderr
    assert json.loads(again.stdout)["counts"]["labelled"] == 0
    assert len(host.exchanges) == 3


def test_other_commands_refuse_the_labels_unless_allowed(
    host: ChatHost, posts: Path, bundle: Path, tmp_path: Path
) -> None:
    out = tmp_path / "labels.jsonl"
    label(host, out, "--texts", str(posts))
    arguments = ["evaluate", "--gold", str(out), "--bundle", str(bundle), "--device", "cpu", "--json"]
    refused = RUNNER.invoke(app, arguments)
    assert "tiny-model" in str(refused.exception)
    allowed = RUNNER.invoke(app, [*arguments, "--allow-model-labels"])
    assert allowed.exit_code == 0, allowed.output
    training = ["train", "--train", str(out), "--valid", str(out), "--out", str(tmp_path / "bundle")]
    assert "tiny-model" in str(RUNNER.invoke(app, training).exception)


def test_agreement_with_people_is_printed_and_stored(
    host: ChatHost, prepared: Path, terms: Path, tmp_path: Path
) -> None:
    gold = {record["text"]: record for record in RECORDS}

    def like_people(exchange: Exchange) -> None:
        record = gold[exchange.post]
        effects = [
            {"quote": span["text"], "occurrence": None, "term": "Queasy" if number else None}
            for number, span in enumerate(record["spans"])
        ]
        exchange.answer({"adverse_effect": bool(effects), "effects": effects})

    host.behaviour = like_people
    out = tmp_path / "labels.jsonl"
    result = label(host, out, "--agreement", str(prepared), "--terminology", str(terms))
    assert result.exit_code == 0, result.output
    assert "1a kappa" in result.stdout
    stored = json.loads((tmp_path / "labels.agreement.json").read_text())
    assert stored["agreement"]["kappa"] == 1.0
    assert stored["agreement"]["posts"] == len(gold)
    assert not out.exists()


def test_a_terminal_is_asked_before_the_start(
    host: ChatHost, posts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.cli.label.is_terminal", lambda: True)
    server = ["--endpoint", host.endpoint, "--model", "tiny-model", "--texts", str(posts)]
    arguments = ["label", *server, "--out", str(tmp_path / "labels.jsonl")]
    declined = RUNNER.invoke(app, arguments, input="n\n")
    assert (declined.exit_code, host.exchanges) == (1, [])
    assert RUNNER.invoke(app, arguments, input="y\n").exit_code == 0
    assert len(host.exchanges) == 3
    assert RUNNER.invoke(app, [*arguments, "--yes"]).exit_code == 0


def test_ctrl_c_during_a_request_keeps_the_labels(host: ChatHost, posts: Path, tmp_path: Path) -> None:
    waiting = threading.Event()

    def second_is_late(exchange: Exchange) -> None:
        if exchange.number:
            waiting.set()
            exchange.wait()
        else:
            label_by_word(exchange)

    host.behaviour = second_is_late
    out = tmp_path / "labels.jsonl"
    server = ["--endpoint", host.endpoint, "--model", "tiny-model", "--concurrency", "1", "--yes"]
    command = [
        sys.executable,
        "-m",
        "training.cli",
        "label",
        *server,
        "--texts",
        str(posts),
        "--out",
        str(out),
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert waiting.wait(60)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "continues" in errors
    assert "Traceback" not in errors
    assert len(out.read_text().splitlines()) == 1
    host.behaviour = label_by_word
    assert label(host, out, "--texts", str(posts)).exit_code == 0
    assert len(out.read_text().splitlines()) == 3


def test_rejects_are_named(host: ChatHost, posts: Path, tmp_path: Path) -> None:
    host.behaviour = lambda exchange: exchange.answer("no idea")
    result = label(host, tmp_path / "labels.jsonl", "--texts", str(posts), "--tries", "1")
    assert result.exit_code == 0, result.output
    assert "labels.rejects.jsonl" in result.stderr
    assert len((tmp_path / "labels.rejects.jsonl").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (("--texts", "nowhere.txt"), "nowhere.txt"),
        ((), "--texts"),
        (("--texts", "{posts}", "--endpoint", "localhost:8000"), "http://"),
        (("--texts", "{posts}", "--endpoint", "http://[half"), "http://"),
        (("--texts", "{posts}", "--out", "{folder}"), ".jsonl"),
        (("--texts", "{posts}", "--out", "{folder}/labels.csv"), ".jsonl"),
        (("--texts", "{posts}", "--terminology", "{folder}/none"), "none"),
        (("--agreement", "{folder}/none.jsonl"), "none.jsonl"),
    ],
)
def test_mistakes_are_named_before_a_request(
    more: tuple[str, ...], named: str, host: ChatHost, posts: Path, tmp_path: Path
) -> None:
    arguments = [argument.format(posts=posts, folder=tmp_path) for argument in more]
    result = label(host, tmp_path / "labels.jsonl", *arguments)
    assert result.exit_code != 0
    assert named in f"{result.exception}{result.output}"
    assert host.exchanges == []


def test_a_malformed_key_is_not_shown(host: ChatHost, posts: Path, tmp_path: Path) -> None:
    result = label(
        host, tmp_path / "labels.jsonl", "--texts", str(posts), ADE_LABEL_API_KEY="secret\nX-Evil: 1"
    )
    assert result.exit_code != 0
    assert "ADE_LABEL_API_KEY" in str(result.exception)
    assert "secret" not in f"{result.exception}{result.output}"
