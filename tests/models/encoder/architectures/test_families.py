"""Every family computes what transformers' own implementation does, from the files that it publishes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from models import load_encoder
from models.encoder import Encoder, TweetTokenizer
from models.encoder.architectures import FAMILIES, family_of, supported_encoders
from models.network import EncoderModel, MultiTaskNetwork, run_layers, run_layers_to_cls
from tests.families import MODEL_TYPES, POSITIONS, POSTS, transformers_model, write_family
from tests.padding import pad

TOLERANCE = 1e-4


@pytest.fixture(scope="module", params=MODEL_TYPES)
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_family(tmp_path_factory.mktemp("families") / request.param, request.param)


@pytest.fixture(scope="module")
def encoder(checkpoint: Path) -> Encoder:
    return load_encoder(str(checkpoint))


def expected_states(checkpoint: Path, ids: Tensor, mask: Tensor, types: Tensor) -> Tensor:
    """Run transformers' own encoder. Only BERT reads token types."""
    model = transformers_model(checkpoint, checkpoint.name)
    padding = model.config.pad_token_id
    options: dict[str, Any] = {"token_type_ids": types} if checkpoint.name == "bert" else {}
    with torch.no_grad():
        # The others number the positions of what is not padding, so padding must have its own id.
        states: Tensor = model(ids.masked_fill(mask == 0, padding), mask, **options).last_hidden_state
    return states


@pytest.mark.parametrize("are_pairs", [False, True])
def test_states_are_those_of_transformers(checkpoint: Path, encoder: Encoder, are_pairs: bool) -> None:
    tokenizer = TweetTokenizer(encoder.tokenizer, POSITIONS - 2)
    # The last one is cut at the longest input.
    texts = [*POSTS, "so", " ".join(POSTS * 2)]
    encodings = (
        tokenizer.encode_pairs(["nausea"] * len(texts), texts) if are_pairs else tokenizer.encode(texts)
    )
    batch = pad(encodings)
    assert batch.input_ids.shape[1] == POSITIONS - 2
    with torch.no_grad():
        states = encoder.model(batch.input_ids, batch.attention_mask, batch.token_type_ids)
    expected = expected_states(checkpoint, batch.input_ids, batch.attention_mask, batch.token_type_ids)
    visible = batch.attention_mask.bool()
    assert float(expected[visible].std()) > 0.3
    torch.testing.assert_close(states[visible], expected[visible], atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("frozen", [0, 2, 3])
def test_a_network_divides_the_encoder_into_trunk_and_shared_layers(
    checkpoint: Path, encoder: Encoder, frozen: int
) -> None:
    network = MultiTaskNetwork(encoder.model, frozen_layers=frozen, ptids=2).eval()
    batch = pad(TweetTokenizer(encoder.tokenizer, POSITIONS - 2).encode(POSTS))
    mask = batch.attention_mask
    expected = expected_states(checkpoint, batch.input_ids, mask, batch.token_type_ids)
    bias = network.position_bias(mask.shape[1])
    with torch.no_grad():
        trunk = network.trunk_states(batch.input_ids, mask, batch.token_type_ids)
        states = run_layers(network.shared, trunk, mask, bias)
        at_cls = run_layers_to_cls(network.shared, trunk, mask, bias)
    visible = mask.bool()
    torch.testing.assert_close(states[visible], expected[visible], atol=TOLERANCE, rtol=0)
    torch.testing.assert_close(at_cls, expected[:, 0], atol=TOLERANCE, rtol=0)


def test_a_checkpoint_with_a_pretraining_head_loads_the_same_weights(
    checkpoint: Path, encoder: Encoder, tmp_path: Path
) -> None:
    prefix = FAMILIES[checkpoint.name].prefix
    state = {f"{prefix}{name}": value for name, value in load_file(checkpoint / "model.safetensors").items()}
    for file in ("config.json", "tokenizer.json"):
        (tmp_path / file).write_bytes((checkpoint / file).read_bytes())
    save_file({**state, "lm_head.bias": torch.zeros(3)}, tmp_path / "model.safetensors")
    loaded = load_encoder(str(tmp_path)).model.state_dict()
    assert loaded.keys() == encoder.model.state_dict().keys()
    assert all(torch.equal(loaded[name], value) for name, value in encoder.model.state_dict().items())


def test_a_config_may_leave_out_what_transformers_knows(checkpoint: Path, tmp_path: Path) -> None:
    model = transformers_model(checkpoint, checkpoint.name)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": checkpoint.name}))
    family = FAMILIES[checkpoint.name]
    architecture = family.architecture({}, tmp_path / "config.json")
    standard = type(model.config)()
    for key in family.defaults:
        if key != "type_vocab_size" or checkpoint.name != "mpnet":
            assert getattr(architecture, key) == getattr(standard, key), key


def test_dropout_is_active_in_training_alone(encoder: Encoder) -> None:
    ids = torch.tensor([encoder.tokenizer.encode("zoloft").ids])
    network = MultiTaskNetwork(encoder.model, frozen_layers=1, ptids=2)
    ones = torch.ones_like(ids)
    trunk = network.trunk_states(ids, ones, ones)
    bias = network.position_bias(ids.shape[1])
    with torch.no_grad():
        shared = [run_layers(network.train().shared, trunk, ones, bias) for _ in range(2)]
        assert not torch.equal(*shared)
        shared = [run_layers(network.eval().shared, trunk, ones, bias) for _ in range(2)]
        assert torch.equal(*shared)


def test_random_weights_are_as_in_bert() -> None:
    architecture = FAMILIES["bert"].architecture({"vocab_size": 100}, Path("config.json"))
    model = EncoderModel(architecture)
    state = model.state_dict()
    assert float(state["encoder.layer.0.output.dense.weight"].std()) == pytest.approx(0.02, rel=0.05)
    assert float(state["embeddings.LayerNorm.weight"].mean()) == 1


def test_a_checkpoint_without_a_type_is_a_bert() -> None:
    assert family_of({}, Path("config.json")).model_type == "bert"


def test_the_message_about_other_encoders_names_those_that_people_use() -> None:
    for name in ("BioBERT", "Bio_ClinicalBERT", "BERTweet", "Twitter-RoBERTa", "XLM-R", "all-mpnet-base-v2"):
        assert name in supported_encoders()
