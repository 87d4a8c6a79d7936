"""`ade-monitor feed`, as users run it."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from monitor.cli.app import app
from monitor.settings import KafkaSettings
from tests.monitor.feed.reading import json_lines
from tests.processes import child_environment
from tests.topic_content import content_of

GOOD = [{"id": str(n), "text": f"day {n} on zoloft ☹"} for n in range(50)]
PAGE = {
    "data": [{"id": "1212092628029698048", "text": "so dizzy", "author_id": "7"}],
    "meta": {"result_count": 1},
}


def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["feed", *map(str, arguments)], input=stdin)


def dry_run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return run(*arguments, "--dry-run", stdin=stdin)


def test_the_format_and_the_first_post_are_shown(tmp_path: Path) -> None:
    (tmp_path / "page.json").write_text(json.dumps(PAGE, indent=2))
    result = dry_run(tmp_path / "page.json")
    assert result.exit_code == 0
    for part in ("page.json", "x-v2", "X API v2", "1212092628029698048", "author 7", "so dizzy"):
        assert part in result.stderr


def test_a_dry_run_shows_messages_and_needs_no_broker(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_bytes(json_lines(*GOOD))
    result = dry_run(tmp_path / "t.jsonl", "--bootstrap", "127.0.0.1:1")
    assert result.exit_code == 0
    *messages, summary = result.stdout.splitlines()
    assert len(messages) == 5
    assert json.loads(messages[0]) == {"key": "0", "value": {**GOOD[0], "html": False}}
    assert "sent nothing" in summary
    record = json.loads(dry_run(tmp_path / "t.jsonl", "--json").stdout)
    assert (record["sent"], record["read"], record["topic"]) == (0, 50, None)
    assert record["messages"][0] == {"key": "0", "value": {**GOOD[0], "html": False}}


@pytest.mark.parametrize("packed", [False, True])
async def test_standard_input_may_be_packed(kafka: KafkaSettings, packed: bool) -> None:
    data = json_lines(*GOOD[:3])
    result = run("-", "--limit", "2", stdin=gzip.compress(data) if packed else data)
    assert result.exit_code == 0
    arrived = await content_of(kafka.bootstrap_servers, kafka.topic, count=2)
    assert sorted(message.key for message in arrived) == [b"0", b"1"]


async def test_bad_lines_are_reported_and_written_and_stop_nothing(
    kafka: KafkaSettings, tmp_path: Path
) -> None:
    bad = b"".join(b'{"id": %d, "text": \xff}\n' % n for n in range(30))
    (tmp_path / "tweets").write_bytes(json_lines(*GOOD[:1]) + bad + b"{}\n" + json_lines(*GOOD[1:2]))
    result = run(tmp_path / "tweets", "--rejects", tmp_path / "rejects", "--json")
    summary = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (summary["read"], summary["sent"]) == (33, 2)
    assert summary["reasons"] == {"not-utf8": 30, "missing-field": 1}
    assert "line 2: not-utf8" in result.stderr
    assert "line 21:" in result.stderr
    assert "line 22:" not in result.stderr
    rejects = [json.loads(line) for line in (tmp_path / "rejects").read_text().splitlines()]
    assert [reject["line"] for reject in rejects] == list(range(2, 33))
    assert len(await content_of(kafka.bootstrap_servers, kafka.topic, count=2)) == 2


def test_a_topic_of_another_name_is_not_created_silently(kafka: KafkaSettings, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,text\n1,dizzy\n")
    topic = f"{kafka.topic}-new"
    refused = run(tmp_path / "t.csv", "--topic", topic)
    assert refused.exit_code == 1
    assert f"no topic {topic}" in str(refused.exception)
    created = run(tmp_path / "t.csv", "--topic", topic, "--create-topic")
    assert created.exit_code == 0
    assert f"sent 1 to {topic}" in created.stdout
    assert run(tmp_path / "t.csv", "--topic", topic).exit_code == 0


def test_several_files_have_a_result_each_and_one_in_total(tmp_path: Path) -> None:
    (tmp_path / "1.jsonl").write_bytes(json_lines(*GOOD[:2]))
    (tmp_path / "2.csv").write_text("id,text\n7,sleepy\n8,\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "3.json").write_text(json.dumps([PAGE]))
    result = dry_run(tmp_path, tmp_path / "none")
    assert result.exit_code == 1
    assert "none" in result.stderr
    *files, total = [line for line in result.stdout.splitlines() if not line.startswith("{")]
    assert [Path(line.split(" ")[0].rstrip(":")).name for line in files] == [
        "1.jsonl",
        "2.csv",
        "3.json",
        "none",
    ]
    assert total.startswith("read 5,")
    assert "1 blank-text" in total


@pytest.mark.parametrize("content", [b"", b"\n \n", b"id,text\n"])
def test_a_file_without_posts_is_not_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    result = run(tmp_path / "t.csv", "--bootstrap", "127.0.0.1:1")
    assert result.exit_code == 0
    assert "has no posts" in result.stderr


def test_a_file_whose_every_line_is_rejected_ends_with_status_1(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_bytes(json_lines({"body": "dizzy"}))
    result = dry_run(tmp_path / "t.jsonl")
    assert result.exit_code == 1
    assert "`body`" in result.stderr
    assert dry_run(tmp_path / "t.jsonl", "--text-field", "body", "--id-field", "body").exit_code == 0


@pytest.mark.parametrize(("limit", "status"), [("1", 0), ("0", 1), ("50%", 0), ("40%", 1), ("many", 2)])
def test_rejects_may_be_limited(tmp_path: Path, limit: str, status: int) -> None:
    (tmp_path / "t.jsonl").write_bytes(json_lines(*GOOD[:1]) + b"broken\n")
    assert dry_run(tmp_path / "t.jsonl", "--max-rejects", limit).exit_code == status


def test_a_file_that_cannot_be_fed_is_named_and_nothing_is_sent(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,text\n1,dizzy\n")
    (tmp_path / "labels.csv").write_text("tweet_id,label\n1,ADE\n2,NoADE\n")
    (tmp_path / "t.zip").write_bytes(b"PK\x03\x04rest")
    (tmp_path / "folder").mkdir()
    for wrong in (
        [tmp_path / "none.csv"],
        [tmp_path / "folder"],
        [tmp_path / "t.zip"],
        [tmp_path / "labels.csv"],
        [tmp_path / "t.csv", "--text-field", "body"],
    ):
        result = run(*wrong, "--bootstrap", "127.0.0.1:1")
        assert result.exit_code == 1, wrong
        assert str(wrong[0]) in result.stderr
    for wrong in (["--rejects", tmp_path / "t.csv"], ["--rejects", tmp_path / "no" / "folder"]):
        assert "--rejects" in str(run(tmp_path / "t.csv", *wrong).exception)
    assert "jsonl" in str(run(tmp_path / "t.csv", "--format", "jsn").exception)
    assert (tmp_path / "t.csv").read_text() == "id,text\n1,dizzy\n"


@pytest.mark.parametrize(
    "option", [["--delimiter", "ab"], ["--encoding", "utf-88"], ["--date-order", "ymd"], ["--delimiter", '"']]
)
def test_an_impossible_value_of_an_option_is_an_error(tmp_path: Path, option: list[str]) -> None:
    (tmp_path / "t.csv").write_text("id,text\n1,dizzy\n")
    result = dry_run(tmp_path / "t.csv", *option)
    assert result.exit_code == 2
    assert option[0] in result.stderr


def test_the_old_names_of_the_field_options_stay(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_bytes(json_lines({"nr": 1, "body": "dizzy", "when": "2024-05-01"}))
    options = ["--id-column", "nr", "--text-column", "body", "--date-column", "when"]
    record = json.loads(dry_run(tmp_path / "t.jsonl", "--json", *options).stdout)
    assert record["messages"][0]["value"]["created_at"] == "2024-05-01T00:00:00Z"


def test_a_closed_standard_input_is_an_error() -> None:
    done = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m monitor.cli feed - --bootstrap 127.0.0.1:1 <&-"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "standard input" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupted_feed_sends_and_reports_what_was_read(kafka: KafkaSettings, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "monitor.cli",
        "feed",
        "-",
        "--json",
        "--rejects",
        str(tmp_path / "rejects"),
    ]
    environment = child_environment() | {
        "ADE_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "ADE_KAFKA__TOPIC": kafka.topic,
    }
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        # After the reject, the posts before it are with the producer; the input stays open.
        process.stdin.write(json_lines(*GOOD[:7]) + b"no post\n")
        process.stdin.flush()
        while b"line 8: not-json" not in process.stderr.readline():
            assert process.poll() is None
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        summary = json.loads(process.stdout.read())
        note = process.stderr.read()
        assert process.wait(60) == 130
    assert (summary["read"], summary["sent"], summary["rejected"]) == (8, 7, 1)
    assert summary["complete"] is False
    assert b"stopped at line 8" in note
