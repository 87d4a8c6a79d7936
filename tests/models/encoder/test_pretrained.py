"""Reading an encoder's files: damage is named, pickles run no code, and the digest covers the trunk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from models import TrunkError, load_encoder
from models.encoder import trunk_digest
from tests.tiny import Layout


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.json", "{", "JSON"),
        ("config.json", '{"model_type": "deberta-v2"}', r"deberta-v2.*BERT.*RoBERTa.*BERTweet.*XLM-R.*MPNet"),
        ("config.json", '{"model_type": ["bert"]}', r"\['bert'\].*choose one of"),
        ("config.json", "[]", "does not describe an encoder"),
        ("config.json", '{"hidden_size": 0}', r"config\.json: hidden_size"),
        ("config.json", '{"num_attention_heads": 7}', r"config\.json: hidden_size is not a multiple"),
        ("config.json", '{"position_embedding_type": "relative_key"}', "relative_key.*absolute positions"),
        ("config.json", '{"hidden_act": "gelu_fast"}', r"config\.json.*'gelu_fast'.*gelu, gelu_new, relu"),
        ("config.json", '{"hidden_act": ["gelu"]}', r"config\.json.*\['gelu'\].*gelu, gelu_new, relu"),
        ("config.json", '{"hidden_act": null}', r"config\.json.*None.*gelu, gelu_new, relu"),
        ("model.safetensors", "garbage", "model.safetensors"),
        ("vocab.txt", "a\nb\n", "vocab.txt"),
    ],
)
def test_a_damaged_file_is_named(
    checkpoints: dict[Layout, Path], tmp_path: Path, name: str, content: str, message: str
) -> None:
    folder = shutil.copytree(checkpoints["prefixed"], tmp_path / "encoder")
    (folder / name).write_text(content)
    with pytest.raises(TrunkError, match=message):
        load_encoder(str(folder))


def test_a_missing_or_misshapen_tensor_is_named(checkpoints: dict[Layout, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(checkpoints["safetensors"], tmp_path / "encoder")
    state = load_file(folder / "model.safetensors")
    save_file({**state, "embeddings.LayerNorm.bias": torch.zeros(7)}, folder / "model.safetensors")
    with pytest.raises(TrunkError, match=r"embeddings\.LayerNorm\.bias"):
        load_encoder(str(folder))
    del state["embeddings.LayerNorm.bias"]
    save_file(state, folder / "model.safetensors")
    with pytest.raises(TrunkError, match=r"embeddings\.LayerNorm\.bias"):
        load_encoder(str(folder))


def test_a_pickle_is_refused_unless_allowed(checkpoints: dict[Layout, Path]) -> None:
    with pytest.raises(TrunkError, match="pickle"):
        load_encoder(str(checkpoints["biobert"]), allow_pickle=False)


def test_a_pickle_that_contains_code_is_refused_and_not_run(
    checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(checkpoints["biobert"], tmp_path / "encoder")
    trap = tmp_path / "ran"
    torch.save({"weights": _Trap(trap)}, folder / "pytorch_model.bin")
    with pytest.raises(TrunkError, match=r"pytorch_model\.bin"):
        load_encoder(str(folder))
    assert not trap.exists()


class _Trap:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, int]]:
        return os.mkdir, (str(self.path), 0o700)


def test_the_digest_depends_on_the_trunk_and_its_tokenizer_alone(checkpoints: dict[Layout, Path]) -> None:
    encoder = load_encoder(str(checkpoints["safetensors"]))
    before = encoder.digest(1)
    assert before == load_encoder(str(checkpoints["safetensors"])).digest(1)
    assert before != encoder.digest(2)
    with torch.no_grad():
        encoder.model.encoder.layer[1].output.dense.bias += 1
    assert encoder.digest(1) == before
    with torch.no_grad():
        encoder.model.encoder.layer[0].output.dense.bias[0] += 1e-3
    assert encoder.digest(1) != before
    tensors = encoder.trunk(1)
    cased = load_encoder(str(checkpoints["biobert"])).tokenizer
    assert trunk_digest(tensors, cased) != trunk_digest(tensors, encoder.tokenizer)
