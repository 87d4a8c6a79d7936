"""The baseline: the cascade as one would first write it, with transformers' own pipelines.

`text-classification` for each classifier on every tweet, `token-classification` on the positives, and
`text-classification` over the Normalizer's classes on each span. Nothing is shared: each pipeline has its own
encoder. It gets the positives and spans that our cascade found, so that both do the same work.
"""

from __future__ import annotations

import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

import torch
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedTokenizerFast,
    pipeline,
)

from benchmarks.inference.benchmark_bundles import make_bundle
from benchmarks.inference.workload import Workload
from models.bundle import Bundle


class PipelineCascade:
    """Algorithm 2 with transformers' pipelines, on the CPU, in fp32.

    Args:
        bundle: its encoder's weights are copied. The heads get random weights, since their predictions are
            not used.
    """

    def __init__(self, bundle: Bundle) -> None:
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_object=bundle.tokenizer,
            pad_token="[PAD]",
            cls_token="[CLS]",
            sep_token="[SEP]",
            unk_token="[UNK]",
            mask_token="[MASK]",
            model_max_length=bundle.config.max_tokens,
        )

        def make_pipeline(task: str, model_class: Any, labels: int, **options: Any) -> Any:
            model = _make_model(model_class, bundle, labels)
            return pipeline(task, model=model, tokenizer=tokenizer, device="cpu", **options)

        self._classifiers = [
            make_pipeline("text-classification", AutoModelForSequenceClassification, 2)
            for _ in range(bundle.weights.shape.classifiers)
        ]
        self._extractor = make_pipeline(
            "token-classification", AutoModelForTokenClassification, 2, aggregation_strategy="simple"
        )
        self._normalizer = make_pipeline(
            "text-classification", AutoModelForSequenceClassification, len(bundle.labels)
        )

    def score(self, work: Workload, batch_size: int) -> None:
        """Score the tweets in the order of arrival."""
        for classifier in self._classifiers:
            classifier(list(work.texts), batch_size=batch_size, truncation=True)
        if work.positives:
            self._extractor([work.texts[index] for index in work.positives], batch_size=batch_size)
        if work.spans:
            spans = [span for _, span in work.spans]
            self._normalizer(spans, batch_size=batch_size, truncation=True, top_k=5)


def _make_model(model_class: Any, bundle: Bundle, labels: int) -> Any:
    """Make a model with the bundle's encoder and a random head."""
    architecture = bundle.config.architecture
    config = AutoConfig.for_model(**{"model_type": "bert", **architecture.model_dump()}, num_labels=labels)
    with torch.device("meta"):  # draws no weights that would be overwritten
        model = model_class.from_config(config)
    model.to_empty(device="cpu").eval()
    for name, tensor in model.state_dict().items():
        torch.nn.init.ones_(tensor) if "LayerNorm" in name else torch.nn.init.normal_(tensor, std=0.02)
    if architecture.model_type == "bert":  # of the others, all weights are random anyway
        model.load_state_dict(_encoder_state(bundle), strict=False)
    embeddings = getattr(model, model.base_model_prefix).embeddings
    embeddings.position_ids.copy_(torch.arange(architecture.max_position_embeddings)[None])
    if hasattr(embeddings, "token_type_ids"):
        embeddings.token_type_ids.zero_()
    return model


def _encoder_state(bundle: Bundle) -> dict[str, torch.Tensor]:
    """Return trunk and shared layers under their names in transformers."""
    shape = bundle.weights.shape
    renamed = {"embeddings": "embeddings"}
    renamed |= {f"trunk.{number}": f"encoder.layer.{number}" for number in range(shape.frozen_layers)}
    for number in range(shape.shared_layers):
        renamed[f"shared.{number}"] = f"encoder.layer.{shape.frozen_layers + number}"
    return {
        f"bert.{new}.{name.removeprefix(f'{old}.')}": tensor
        for old, new in renamed.items()
        for name, tensor in bundle.weights.tensors.items()
        if name.startswith(f"{old}.")
    }


class PipelineProcess:
    """A second process with the same pipelines, as one would run two workers.

    It starts in the background, and ends with the `with` block.
    """

    def __enter__(self) -> Self:
        context = get_context("spawn")
        self._connection, other_end = context.Pipe()
        self._process = context.Process(target=_score_requests, args=(other_end,), daemon=True)
        self._process.start()
        other_end.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.join()

    def share(self, cascade: PipelineCascade, case: str, work: Workload, batch_size: int) -> float:
        """Score the second half there and the first half here, at the same time.

        Returns:
            The CPU seconds that the other process spent.
        """
        middle = len(work.texts) // 2
        self._connection.send((case, work.part(middle, len(work.texts)), batch_size))
        cascade.score(work.part(0, middle), batch_size)
        seconds: float = self._connection.recv()
        return seconds


def _score_requests(connection: Connection) -> None:
    """Score what is received. The networks have the same shapes and costs, but unscaled heads."""
    torch.set_num_threads(1)
    cascades: dict[str, PipelineCascade] = {}
    while True:
        case, work, batch_size = connection.recv()
        if case not in cascades:
            cascades[case] = PipelineCascade(make_bundle(case).bundle)
        started = time.process_time()
        cascades[case].score(work, batch_size)
        connection.send(time.process_time() - started)
