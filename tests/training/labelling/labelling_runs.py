"""Posts to label, and what a run of labelling left on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.training.labelling.chat_servers import ChatHost
from training.examples import Example
from training.labelling import LabelCounts, LabelledFile, LabelPrompt, ServerSettings, label_posts

POSTS = [
    Example("1", "zoloft made me dizzy", 0),
    Example("2", "just got my pill", 0),
    Example("3", "so  DIZZY all day 😵", 0),
    Example("4", "dizzy", 0, context="Day three on zoloft"),
    Example("5", "hello you", 0),
]


def label(host: ChatHost, path: Path, posts: list[Example] = POSTS, **options: Any) -> LabelCounts:
    """Label posts by a local server; `options` are those of `label_posts`, the prompt and the server."""
    prompt = options.pop("prompt", LabelPrompt())
    server = {"timeout": 5.0, "first_pause": 0.01, "longest_pause": 0.02, **options.pop("server", {})}
    settings = ServerSettings(host.endpoint, "tiny-model", **server)
    retry = options.pop("retry_rejects", False)
    with LabelledFile(path, model="tiny-model", prompt=prompt.version, retry_rejects=retry) as file:
        file.forget_rejects()
        return label_posts(posts, file, settings, prompt, **options)


def records(path: Path) -> dict[str, dict[str, Any]]:
    """Return the records of a file of labels by their ids, each of which occurs once."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    read = [json.loads(line) for line in lines]
    assert len({record["id"] for record in read}) == len(read)
    return {record["id"]: record for record in read}


def rejects(path: Path) -> dict[str, str]:
    """Return why posts were rejected, by their ids, given the file of the labels."""
    return {id_: record["reason"] for id_, record in records(path.with_suffix(".rejects.jsonl")).items()}
