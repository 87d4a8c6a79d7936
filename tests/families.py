"""Small random checkpoints of every family, in the layout in which transformers publishes them.

All parameters are random and large enough that a term that is left out is noticed. The tokenizers are trained
on invented posts, by the same library that published ones come from.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE, Unigram, WordPiece
from tokenizers.trainers import BpeTrainer, UnigramTrainer, WordPieceTrainer
from torch import nn
from transformers import (
    BertConfig,
    BertModel,
    MPNetConfig,
    MPNetModel,
    RobertaConfig,
    RobertaModel,
    XLMRobertaConfig,
    XLMRobertaModel,
)

POSTS: Final = (
    "zoloft gives me nausea and a headache",
    "this pill and so i can't sleep, dizzy all day",
    "hello you, just got my pill! day three",
    "naïve café 頭痛 и голова болит 😵 #sick @you https://example.org/a",
)
POSITIONS: Final = 66
_ANGLES: Final = ("<s>", "<pad>", "</s>", "<unk>")
_MODELS: Final[dict[str, tuple[Any, Any]]] = {
    "bert": (BertConfig, BertModel),
    "roberta": (RobertaConfig, RobertaModel),
    "xlm-roberta": (XLMRobertaConfig, XLMRobertaModel),
    "mpnet": (MPNetConfig, MPNetModel),
}
MODEL_TYPES: Final = tuple(_MODELS)


def write_family(folder: Path, model_type: str, *, seed: int = 0, **config: Any) -> Path:
    """Write a checkpoint with three layers and a `tokenizer.json`; `config` changes its `config.json`."""
    folder.mkdir(parents=True)
    tokenizer = family_tokenizer(model_type)
    tokenizer.save(str(folder / "tokenizer.json"))
    config_class, model_class = _MODELS[model_type]
    types: dict[str, int] = {} if model_type == "mpnet" else {"type_vocab_size": 2 - (model_type != "bert")}
    settings = {
        "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": 32,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": POSITIONS,
        "pad_token_id": 0 if model_type == "bert" else 1,
        "layer_norm_eps": 1e-12 if model_type == "bert" else 1e-5,
        **types,
        **config,
    }
    model = model_class(config_class(**settings), add_pooling_layer=False)
    torch.manual_seed(seed)
    for name, parameter in model.named_parameters():
        nn.init.uniform_(parameter, 0.5, 1.5) if name.endswith("LayerNorm.weight") else nn.init.normal_(
            parameter, std=0.5 if "relative_attention_bias" in name else 0.25
        )
    (folder / "config.json").write_text(json.dumps({"model_type": model_type, **settings}))
    save_file(dict(model.state_dict()), folder / "model.safetensors")
    return folder


def transformers_model(folder: Path, model_type: str) -> Any:
    """Return the checkpoint as transformers' own implementation, in eval mode, fp32."""
    return _MODELS[model_type][1].from_pretrained(str(folder), add_pooling_layer=False).eval()


def family_tokenizer(model_type: str) -> Tokenizer:
    """Train a tokenizer as the family's published ones are built."""
    if model_type == "roberta":
        return _byte_level()
    if model_type == "xlm-roberta":
        return _sentence_piece()
    special = (*_ANGLES[:3], "[UNK]") if model_type == "mpnet" else ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
    tokenizer = Tokenizer(WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = WordPieceTrainer(vocab_size=300, special_tokens=list(special), show_progress=False)
    tokenizer.train_from_iterator(POSTS, trainer)
    start, end = ("<s>", "</s>") if model_type == "mpnet" else ("[CLS]", "[SEP]")
    ends = [(end, tokenizer.token_to_id(end)), (start, tokenizer.token_to_id(start))]
    tokenizer.post_processor = (
        processors.RobertaProcessing(*ends, trim_offsets=True, add_prefix_space=False)
        if model_type == "mpnet"
        else processors.BertProcessing(*ends)
    )
    return tokenizer


def _byte_level() -> Tokenizer:
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=400,
        special_tokens=list(_ANGLES),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(POSTS, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False
    )
    return tokenizer


def _sentence_piece() -> Tokenizer:
    tokenizer = Tokenizer(Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = UnigramTrainer(
        vocab_size=200, special_tokens=list(_ANGLES), unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(POSTS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return tokenizer
