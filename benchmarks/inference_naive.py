"""The baseline: the cascade as one writes it first, with transformers' own pipelines.

`text-classification` for each classifier on every tweet, `token-classification` on the positives,
`text-classification` over the Normalizer's classes on each span. Nothing is shared: each pipeline has an
encoder of its own. So that both do the same work, it is told what our cascade calls positive, and its spans.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertForTokenClassification,
    PreTrainedTokenizerFast,
    pipeline,
)

from benchmarks.inference_work import Work
from models.bundle import Bundle


class NaiveCascade:
    """Algorithm 2 by transformers' pipelines, on the CPU, in fp32.

    Args:
        bundle: gives the encoder's weights, which are copied, and the number of classifiers and classes. The
            heads start anew: what they say is not used.
    """

    def __init__(self, bundle: Bundle) -> None:
        words = PreTrainedTokenizerFast(
            tokenizer_object=bundle.tokenizer,
            pad_token="[PAD]",
            cls_token="[CLS]",
            sep_token="[SEP]",
            unk_token="[UNK]",
            mask_token="[MASK]",
            model_max_length=bundle.config.max_tokens,
        )

        def made(task: str, kind: Any, labels: int, **more: Any) -> Any:
            return pipeline(task, model=_model(kind, bundle, labels), tokenizer=words, device="cpu", **more)

        self._classifiers = [
            made("text-classification", BertForSequenceClassification, 2)
            for _ in range(bundle.weights.shape.classifiers)
        ]
        self._extractor = made(
            "token-classification", BertForTokenClassification, 2, aggregation_strategy="simple"
        )
        self._normalizer = made("text-classification", BertForSequenceClassification, len(bundle.labels))

    def score(self, work: Work, batch: int) -> None:
        """Judge the tweets in the order of arrival, `batch` at a time."""
        for classifier in self._classifiers:
            classifier(list(work.texts), batch_size=batch, truncation=True)
        if work.positives:
            self._extractor([work.texts[place] for place in work.positives], batch_size=batch)
        if work.spans:
            spans = [span for _, span in work.spans]
            self._normalizer(spans, batch_size=batch, truncation=True, top_k=5)


def _model(kind: Any, bundle: Bundle, labels: int) -> Any:
    """Make a model with the bundle's encoder and a head that has learnt nothing."""
    config = BertConfig(**bundle.config.architecture.model_dump(), num_labels=labels)
    with torch.device("meta"):  # nothing is drawn only to be overwritten
        model = kind(config)
    model.to_empty(device="cpu").eval()
    state = _encoder_state(bundle)
    missing, _ = model.load_state_dict(state, strict=False)
    for name in missing:
        torch.nn.init.normal_(model.get_parameter(name), std=0.02)
    embeddings = model.bert.embeddings
    embeddings.position_ids.copy_(torch.arange(config.max_position_embeddings)[None])
    embeddings.token_type_ids.zero_()
    return model


def _encoder_state(bundle: Bundle) -> dict[str, torch.Tensor]:
    """Put trunk and shared layers together again, under their names in transformers."""
    shape = bundle.weights.shape
    places = {"embeddings": "embeddings"}
    places |= {f"trunk.{number}": f"encoder.layer.{number}" for number in range(shape.frozen_layers)}
    for number in range(shape.shared_layers):
        places[f"shared.{number}"] = f"encoder.layer.{shape.frozen_layers + number}"
    return {
        f"bert.{there}.{name.removeprefix(f'{here}.')}": tensor
        for here, there in places.items()
        for name, tensor in bundle.weights.tensors.items()
        if name.startswith(f"{here}.")
    }
