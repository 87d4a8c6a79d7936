"""What the network says of spans and names: vectors of the retriever, and the classes' probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Encoding
from torch import Tensor

from models.device import prefers_bfloat16
from models.network import MultiTaskNetwork
from models.tokenization import TokenBatch, TweetTokenizer, batches

TOKEN_BUDGET = 1_024  # of a forward pass: larger ones leave the CPU's caches and are slower


@dataclass(frozen=True)
class SpanInText:
    """A span to be coded, and the text that it is from."""

    span: str
    text: str


@dataclass(frozen=True)
class SpanReader:
    """Runs the network on spans and names.

    Matrices are multiplied in bfloat16 where the device gains by it: on such a processor that takes less than
    half of the time, and moves a cosine by less than 0.001.

    Attributes:
        network: in eval mode, on the device.
        tokenizer: the encoder's.
        device: where the network is.
        context: whether the classifier reads the text beside the span (line 10 of Algorithm 2).
        retrieval_context: whether the retriever does.
        token_budget: tokens of a forward pass, padding included.
    """

    network: MultiTaskNetwork
    tokenizer: TweetTokenizer
    device: torch.device
    context: bool = False
    retrieval_context: bool = False
    token_budget: int = TOKEN_BUDGET

    def encode(self, spans: Sequence[SpanInText], *, context: bool) -> list[Encoding]:
        """Tokenize spans as `[CLS] span [SEP]`, or with their text as `[CLS] span [SEP] text [SEP]`."""
        if context:
            return self.tokenizer.encode_pairs([one.span for one in spans], [one.text for one in spans])
        return self.tokenizer.encode([one.span for one in spans])

    def vectors(self, spans: Sequence[SpanInText]) -> Tensor:
        """Give the retriever's vectors of spans: `[spans, hidden]`, fp32, on the CPU, of length one."""
        return self._run(self.encode(spans, context=self.retrieval_context), self._vectors)

    def name_vectors(
        self, names: Sequence[str], advance: Callable[[int], None] = lambda done: None
    ) -> Tensor:
        """Give the retriever's vectors of names, as `vectors` does.

        Args:
            names: in any order.
            advance: told of each batch, how many names it had.
        """
        return self._run(self.tokenizer.encode(names), self._vectors, advance)

    def log_classes(self, spans: Sequence[SpanInText]) -> Tensor:
        """Give the classifier's log-probabilities: `[spans, classes]`, fp32, on the CPU."""
        return self._run(self.encode(spans, context=self.context), self._log_classes)

    def vectors_and_log_classes(self, spans: Sequence[SpanInText]) -> tuple[Tensor, Tensor]:
        """Give both; the trunk runs once where both read the same."""
        if self.context != self.retrieval_context:
            return self.vectors(spans), self.log_classes(spans)
        width = self.network.hidden_size
        both = self._run(self.encode(spans, context=self.context), self._both)
        return both[:, :width], both[:, width:]

    @torch.inference_mode()
    def _run(
        self,
        encodings: Sequence[Encoding],
        step: Callable[[TokenBatch, Tensor], Tensor],
        advance: Callable[[int], None] = lambda done: None,
    ) -> Tensor:
        rows: list[int] = []
        parts: list[Tensor] = []
        halved = prefers_bfloat16(self.device)
        for batch in batches(encodings, token_budget=self.token_budget):
            batch = batch.to(self.device)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=halved):
                states = self.network.trunk_states(
                    batch.input_ids, batch.attention_mask, batch.token_type_ids
                )
                found = step(batch, states)
            parts.append(found.float().cpu())
            rows.extend(batch.rows)
            advance(len(batch.rows))
        if not parts:
            return torch.zeros(0, self.network.hidden_size)
        return torch.cat(parts)[torch.tensor(rows).argsort()]

    def _vectors(self, batch: TokenBatch, states: Tensor) -> Tensor:
        return self.network.embed_spans(states, batch.attention_mask, batch.span_mask)

    def _log_classes(self, batch: TokenBatch, states: Tensor) -> Tensor:
        return self.network.normalize(states, batch.attention_mask, batch.span_mask).log_softmax(-1)

    def _both(self, batch: TokenBatch, states: Tensor) -> Tensor:
        return torch.cat([self._vectors(batch, states), self._log_classes(batch, states)], -1)
