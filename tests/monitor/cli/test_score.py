"""`ade-monitor score`, as users run it."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from models import Pipeline
from models.bundle import Options
from tests.keyword_network import keyword_network
from tests.processes import run_program
from tests.tiny import make_tiny_bundle, save_tiny, write_checkpoint
from tests.tiny_retrieval import make_tiny_hybrid

KEYS = ["id", "line", "label", "probability", "reason", "windows", "unread", "mentions", "bundle"]
MENTION_KEYS = ["start", "end", "text", "score", "ptid", "pt_name", "pt_score"]


def score(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return run_program("monitor.cli", "score", *arguments, stdin=stdin)


def records(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def lines_of(*tweets: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(tweet).encode() + b"\n" for tweet in tweets)


def test_a_bundle_scores_a_file(tmp_path: Path) -> None:
    bundle = make_tiny_bundle(tmp_path / "bundle")
    text = "zoloft gives me nausea"
    (tmp_path / "tweets.jsonl").write_bytes(
        lines_of({"id": "7", "text": text}, {"id": "8", "text": "hello you"})
    )
    done = score(str(tmp_path / "tweets.jsonl"), "--bundle", str(bundle), "--device", "cpu", "--threads", "1")
    first, second = records(done)
    assert list(first) == list(second) == KEYS
    assert (first["id"], first["label"], second["label"]) == ("7", "ADE", "NoADE")
    assert (first["reason"], second["reason"]) == (None, "improbable")
    assert (first["windows"], first["unread"]) == (1, 0)
    (mention,) = first["mentions"]
    assert list(mention) == MENTION_KEYS
    assert text[mention["start"] : mention["end"]] == mention["text"] == "nausea"
    assert (mention["ptid"], mention["pt_name"]) == ("90000001", "Nausea")
    assert first["bundle"] == second["bundle"]
    assert first["bundle"].startswith("tiny-")
    assert not done.stderr


def test_contexts_and_long_posts_are_read(tmp_path: Path) -> None:
    trained = keyword_network(write_checkpoint(tmp_path / "encoder"))
    bundle = save_tiny(tmp_path / "bundle", trained, options=Options(reads_context=True))
    filler = "so this is my day "
    title = [{"kind": "title", "text": "my pill and a headache"}]
    stdin = lines_of(
        {"id": "1", "text": "so dizzy"},
        {"id": "2", "text": "so dizzy", "context": title},
        {"id": "3", "text": filler * 40 + "nausea"},
        {"id": "4", "text": filler * 500},
    )
    plain, with_context, long, cut = records(
        score("-", "--bundle", str(bundle), "--device", "cpu", stdin=stdin)
    )
    assert (plain["reason"], with_context["reason"]) == ("improbable", "no_span")
    assert with_context["probability"] > 0.99
    assert long["windows"] > 3
    assert [mention["start"] for mention in long["mentions"]] == [len(filler) * 40]
    assert 0 < cut["unread"] < len(filler) * 500


def test_the_normalizer_can_be_chosen(tmp_path: Path) -> None:
    bundle = make_tiny_hybrid(tmp_path / "bundle")
    stdin = lines_of({"id": "7", "text": "zoloft gives me nausea"})
    (record,) = records(
        score("-", "--bundle", str(bundle), "--device", "cpu", "--normalizer", "retrieval", stdin=stdin)
    )
    assert [mention["text"] for mention in record["mentions"]] == ["nausea"]
    assert record["bundle"] == Pipeline.from_bundle(bundle, normalizer="retrieval").version
    assert record["bundle"] != Pipeline.from_bundle(bundle).version


@pytest.mark.parametrize("options", [["--cache", "0"], ["--cache", "2"], ["--precision", "bf16"]])
def test_copies_of_a_tweet_get_the_same_prediction(tmp_path: Path, options: list[str]) -> None:
    bundle = make_tiny_bundle(tmp_path / "bundle")
    texts = ["zoloft gives me nausea", "hello you", "  zoloft gives me nausea\n", "so dizzy"] * 3
    stdin = lines_of(*({"id": str(number), "text": text} for number, text in enumerate(texts)))
    scored = records(score("-", "--bundle", str(bundle), "--device", "cpu", *options, stdin=stdin))
    assert [record["id"] for record in scored] == [str(number) for number in range(12)]
    for text, record in zip(texts, scored, strict=True):
        first = scored[texts.index(text.strip())]
        assert record["label"] == first["label"]
        assert record["probability"] == pytest.approx(first["probability"], abs=0.01)
        spans = [text[mention["start"] : mention["end"]] for mention in record["mentions"]]
        assert spans == [mention["text"] for mention in record["mentions"]]
        assert spans == [mention["text"] for mention in first["mentions"]]


def test_a_normalizer_that_the_bundle_lacks_is_refused_with_advice(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "config.json").write_text('{"format_version": 1}')
    done = score("-", "--bundle", str(bundle), "--normalizer", "hybrid")
    assert done.returncode == 1
    assert all(word in done.stderr.decode() for word in ("hybrid", str(bundle), "ADE_MODEL__NORMALIZER"))
    assert b"Traceback" not in done.stderr


def test_each_post_and_each_bad_line_has_one_record_in_its_place() -> None:
    stdin = (
        b"garbage\n"
        + lines_of({"id": "1", "text": "so dizzy 🤢"})
        + b"\n"
        + b'{"id": "2"}\n{"id": 3, "text": " "}\n\xff\xfe\n'
        + lines_of({"id": "4", "text": "a\x00b \ud800 fine"})
        + b'{"id": "5", "text": "a headache"}'
    )
    scored = records(score("-", "--bundle", "dummy", stdin=stdin))
    assert [record["line"] for record in scored] == [1, 2, 4, 5, 6, 7, 8]
    assert [record["id"] for record in scored if "id" in record] == ["1", "4", "5"]
    errors = {record["line"]: record["error"] for record in scored if "error" in record}
    assert errors == {1: "not-json", 4: "missing-field", 5: "blank-text", 6: "not-utf8"}
    assert [m["text"] for record in scored for m in record.get("mentions", [])] == ["dizzy", "headache"]
    assert {record["bundle"] for record in scored if "bundle" in record} == {"dummy-1"}


def test_the_records_of_a_long_file_keep_its_order(tmp_path: Path) -> None:
    file = tmp_path / "long.jsonl"
    lines = [
        b"no tweet\n" if n % 700 == 5 else lines_of({"id": f"{n}", "text": "dizzy"}) for n in range(3_000)
    ]
    file.write_bytes(b"".join(lines))
    scored = records(score(str(file), "--bundle", "dummy"))
    assert [int(record.get("id") or record["line"] - 1) for record in scored] == list(range(3_000))
    assert sum("error" in record for record in scored) == 5


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("t.jsonl.gz", gzip.compress(b'{"id": "1", "text": "dizzy"}\n'), []),
        ("t.csv", b'id,text\n1,"dizzy, very"\n', []),
        ("t.tsv", b"nr\tpost\n1\tdizzy\n", ["--id-column", "nr", "--text-column", "post"]),
        ("t.tsv", b'id\ttext\n1\t"dizzy\n', ["--no-quotes"]),
        ("tweets.tsv", b"tweet_id\ttext\n1\tdizzy\n", []),
        ("t.txt", b'{"id": "1", "text": "dizzy"}\n', ["--format", "jsonl"]),
    ],
    ids=["gzip", "csv", "tsv", "unquoted", "smm4h", "txt"],
)
def test_score_reads_the_formats_of_the_feed(
    tmp_path: Path, name: str, content: bytes, options: list[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    (record,) = records(score(str(tmp_path / name), "--bundle", "dummy", *options))
    assert record["id"] == "1"
    assert record["mentions"][0]["text"] == "dizzy"


def test_lines_before_damaged_data_are_scored(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl.gz").write_bytes(gzip.compress(lines_of({"id": "1", "text": "dizzy"}) * 3)[:-8])
    done = score(str(tmp_path / "t.jsonl.gz"), "--bundle", "dummy")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 3
    assert "t.jsonl.gz" in done.stderr.decode()


def test_a_file_without_a_valid_post_has_records_and_ends_with_an_error(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_bytes(lines_of({"id": "1"}, {"text": "dizzy"}))
    (tmp_path / "good.jsonl").write_bytes(lines_of({"id": "1", "text": "dizzy"}, {"id": "2"}))
    done = score(str(tmp_path / "bad.jsonl"), str(tmp_path / "good.jsonl"), "--bundle", "dummy")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 4
    assert b"bad.jsonl" in done.stderr and b"good.jsonl" not in done.stderr


def test_an_empty_file_has_no_records_and_a_note() -> None:
    done = score("-", "--bundle", "dummy")
    assert records(done) == []
    assert "no posts" in done.stderr.decode()


PAGE = {"data": [{"id": str(n), "text": "so dizzy", "author_id": "7"} for n in range(2)], "meta": {}}
DELETION = {"delete": {"status": {"id": 17, "id_str": "17", "user_id": 3, "user_id_str": "3"}}}


def test_each_post_of_a_page_has_a_record(tmp_path: Path) -> None:
    (tmp_path / "page.json").write_text(json.dumps([PAGE, PAGE], indent=1))
    done = score(str(tmp_path / "page.json"), "--bundle", "dummy")
    scored = records(done)
    assert [record["id"] for record in scored] == ["0", "1", "0", "1"]
    assert scored[0]["line"] == scored[1]["line"] < scored[2]["line"]
    assert "x-v2" in done.stderr.decode()


def test_events_have_no_records_and_a_note() -> None:
    done = score("-", "--bundle", "dummy", stdin=lines_of(DELETION, {"id": "1", "text": "dizzy"}))
    assert [record["id"] for record in records(done)] == ["1"]
    assert "1 deletions" in done.stderr.decode()


def test_records_of_several_files_name_their_file(tmp_path: Path) -> None:
    (tmp_path / "1.jsonl").write_bytes(lines_of({"id": "1", "text": "dizzy"}, {"id": "2"}))
    (tmp_path / "2.csv").write_text("id,text\n3,so dizzy\n")
    done = score(str(tmp_path), str(tmp_path / "none"), "--bundle", "dummy")
    assert done.returncode == 1
    assert str(tmp_path / "none") in done.stderr.decode()
    scored = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(record["line"], Path(record["file"]).name) for record in scored] == [
        (1, "1.jsonl"),
        (2, "1.jsonl"),
        (2, "2.csv"),
    ]


def test_the_format_and_the_fields_can_be_named(tmp_path: Path) -> None:
    stdin = lines_of({"nr": 1, "post": {"body": "so dizzy"}})
    options = ["--format", "jsonl", "--id-field", "nr", "--text-field", "post.body"]
    (record,) = records(score("-", "--bundle", "dummy", *options, stdin=stdin))
    assert (record["id"], record["mentions"][0]["text"]) == ("1", "dizzy")
    assert b"jsonl" in score("-", "--bundle", "dummy", "--format", "jsn").stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-file.jsonl"], "no-such-file.jsonl"),
        (["-", "--bundle", "no-such-bundle"], "no-such-bundle"),
        (["-", "--bundle", "dummy", "--device", "tpu"], "model.device"),
        (["-", "--bundle", "dummy", "--precision", "fp8"], "model.precision"),
    ],
)
def test_an_error_is_one_message(arguments: list[str], message: str) -> None:
    done = score(*arguments)
    assert done.returncode == 1
    assert message in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert not done.stdout


def test_an_unknown_bundle_is_refused_with_advice_for_this_command() -> None:
    error = score("-", "--bundle", "no-such-bundle").stderr.decode()
    assert "no-such-bundle" in error
    assert "correct --bundle or ADE_MODEL__BUNDLE" in error
