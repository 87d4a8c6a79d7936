"""What the network says of spans and names: vectors of the retriever, and the classes' probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tokenizers import Encoding
from torch import Tensor

from models.encoder.tokenization import TweetTokenizer
from models.runtime import Engine


@dataclass(frozen=True)
class SpanInText:
    """A span to be coded, and the text that it is from."""

    span: str
    text: str


@dataclass(frozen=True)
class SpanReader:
    """Lets the engine read spans and names, all of them at once.

    Attributes:
        engine: runs the network.
        tokenizer: the encoder's.
        context: whether the classifier reads the text beside the span (line 10 of Algorithm 2).
        retrieval_context: whether the retriever does.
    """

    engine: Engine
    tokenizer: TweetTokenizer
    context: bool = False
    retrieval_context: bool = False

    def vectors(self, spans: Sequence[SpanInText]) -> Tensor:
        """Give the retriever's vectors of spans: `[spans, hidden]`, fp32, on the CPU, of length one."""
        return self.engine.vectors(self._encode(spans, context=self.retrieval_context))

    def name_vectors(
        self, names: Sequence[str], advance: Callable[[int], None] = lambda done: None
    ) -> Tensor:
        """Give the retriever's vectors of names, as `vectors` does.

        Args:
            names: in any order.
            advance: told of each micro-batch, how many names it had.
        """
        return self.engine.vectors(self.tokenizer.encode(names), advance)

    def log_classes(self, spans: Sequence[SpanInText]) -> Tensor:
        """Give the classifier's log-probabilities: `[spans, classes]`, fp32, on the CPU."""
        return self.engine.log_classes(self._encode(spans, context=self.context))

    def vectors_and_log_classes(self, spans: Sequence[SpanInText]) -> tuple[Tensor, Tensor]:
        """Give both; the trunk runs once where both read the same."""
        if self.context != self.retrieval_context:
            return self.vectors(spans), self.log_classes(spans)
        return self.engine.vectors_and_log_classes(self._encode(spans, context=self.context))

    def _encode(self, spans: Sequence[SpanInText], *, context: bool) -> list[Encoding]:
        """Tokenize spans as `[CLS] span [SEP]`, or with their text as `[CLS] span [SEP] text [SEP]`."""
        if context:
            return self.tokenizer.encode_pairs([one.span for one in spans], [one.text for one in spans])
        return self.tokenizer.encode([one.span for one in spans])
