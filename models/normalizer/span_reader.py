"""What the network computes for spans and names: the retriever's vectors, the classifier's probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tokenizers import Encoding
from torch import Tensor

from models.encoder import TweetTokenizer
from models.runtime import Engine


@dataclass(frozen=True)
class SpanInText:
    """A span to code, and the text that it is from."""

    span: str
    text: str


@dataclass(frozen=True)
class SpanReader:
    """Runs the network on many spans or names at a time.

    Attributes:
        engine: runs the network.
        tokenizer: of the encoder.
        context: whether the classifier reads the text along with the span (line 10 of Algorithm 2).
        retrieval_context: whether the retriever does.
    """

    engine: Engine
    tokenizer: TweetTokenizer
    context: bool = False
    retrieval_context: bool = False

    def vectors(self, spans: Sequence[SpanInText]) -> Tensor:
        """Return the retriever's vectors of spans: `[spans, hidden]`, fp32, on the CPU, of length one."""
        return self.engine.vectors(self._encode(spans, context=self.retrieval_context))

    def name_vectors(
        self, names: Sequence[str], advance: Callable[[int], None] = lambda names: None
    ) -> Tensor:
        """Return the retriever's vectors of names: `[names, hidden]`, fp32, on the CPU, of length one.

        Args:
            names: in any order.
            advance: called after each micro-batch with its number of names.
        """
        return self.engine.vectors(self.tokenizer.encode(names), advance)

    def log_classes(self, spans: Sequence[SpanInText]) -> Tensor:
        """Return the classifier's log-probabilities: `[spans, classes]`, fp32, on the CPU."""
        return self.engine.log_classes(self._encode(spans, context=self.context))

    def vectors_and_log_classes(self, spans: Sequence[SpanInText]) -> tuple[Tensor, Tensor]:
        """Return both; the trunk runs only once if classifier and retriever read the same tokens."""
        if self.context != self.retrieval_context:
            return self.vectors(spans), self.log_classes(spans)
        return self.engine.vectors_and_log_classes(self._encode(spans, context=self.context))

    def _encode(self, spans: Sequence[SpanInText], *, context: bool) -> list[Encoding]:
        """Tokenize spans as `[CLS] span [SEP]`, with context as `[CLS] span [SEP] text [SEP]`."""
        if context:
            return self.tokenizer.encode_pairs([span.span for span in spans], [span.text for span in spans])
        return self.tokenizer.encode([span.span for span in spans])
