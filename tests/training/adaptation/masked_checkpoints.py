"""Small random checkpoints whose tokenizers have a mask, and posts to adapt them to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from tests.families import write_family

WORDS: Final = ("zoloft", "pill", "nausea", "headache", "sleep", "dizzy", "day", "three", "hello", "you")
POSTS: Final = [
    f"{WORDS[number % 10]} gives me {WORDS[number // 10 % 10]} and a {WORDS[number // 3 % 10]} {number}"
    for number in range(60)
]
_WORD_EMBEDDINGS: Final = "embeddings.word_embeddings.weight"


def write_masked_family(folder: Path, model_type: str) -> Path:
    """Write a checkpoint of `tests.families` whose tokenizer also has the mask that published ones have."""
    write_family(folder, model_type)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.add_special_tokens(["[MASK]" if model_type == "bert" else "<mask>"])
    tokenizer.save(str(folder / "tokenizer.json"))
    config = json.loads((folder / "config.json").read_text())
    tensors = load_file(folder / "model.safetensors")
    missing = tokenizer.get_vocab_size() - config["vocab_size"]
    rows = tensors[_WORD_EMBEDDINGS][:missing]
    tensors[_WORD_EMBEDDINGS] = torch.cat([tensors[_WORD_EMBEDDINGS], rows])
    save_file(tensors, folder / "model.safetensors")
    config["vocab_size"] += missing
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def write_posts(path: Path, posts: list[str] = POSTS) -> Path:
    """Write posts as plain text, one a line."""
    path.write_text("\n".join(posts) + "\n", encoding="utf-8")
    return path
