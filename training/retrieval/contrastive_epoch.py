"""The loss by which phrases come near the names of their PTs, and go away from those of others.

One pass of the retriever over its queries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from models.encoder.tokenization import TweetTokenizer
from models.normalizer.names import Names
from training.errors import RunError
from training.loop.inputs import Inputs
from training.loop.optimization import set_rates
from training.retrieval.negatives import NameSampler, hard_names
from training.retrieval.optimization import share_of_rate
from training.retrieval.retriever_config import RetrieverConfig
from training.retrieval.retriever_data import Queries, name_queries, with_typo
from training.retrieval.vectors import VectorSource


def info_nce(
    queries: Tensor, names: Tensor, answers: Tensor, excused: Tensor, *, temperature: float
) -> Tensor:
    """InfoNCE (van den Oord et al. 2018, Equation 4): which of the names is a phrase's own.

    Args:
        queries: `[batch, hidden]`, vectors of phrases, of length one.
        names: `[names, hidden]`, vectors of names, of length one.
        answers: `[batch]`, int64: the row of `names` that each phrase shall come near.
        excused: `[batch, names]`, true for other names of the phrase's own PT, which are not wrong.
        temperature: cosines are divided by it.

    Returns:
        The mean cross-entropy, a scalar in fp32.
    """
    cosines = queries.float() @ names.float().T
    own = torch.zeros_like(excused).scatter_(1, answers[:, None], True)
    return cross_entropy((cosines / temperature).masked_fill(excused & ~own, -torch.inf), answers)


# Hard names are drawn from so many times as many.
_POOL = 4


@dataclass(frozen=True, eq=False)
class RetrieverData:
    """What the retriever learns from, in all epochs.

    Attributes:
        phrases: the queries of the corpus.
        names: what is searched.
        inputs: tokens of all names.
        tokenizer: the encoder's.
        config: see RetrieverConfig.
        seed: of order, draws, typing errors and dropout.
    """

    phrases: Queries
    names: Names
    inputs: Inputs
    tokenizer: TweetTokenizer
    config: RetrieverConfig
    seed: int

    def queries(self, epoch: int) -> Queries:
        """Give what is asked in an epoch: all phrases, and names that are drawn."""
        generator = np.random.default_rng([self.seed, epoch, 0])
        return self.phrases + name_queries(self.names, self.config.name_queries, generator)


def train_retriever_epoch(
    lesson: RetrieverData,
    queries: Queries,
    source: VectorSource,
    optimizer: Optimizer,
    *,
    epoch: int,
    told: Callable[[float, int], None],
) -> float:
    """Train on each query once.

    Args:
        lesson: what is learned from.
        queries: of this epoch.
        source: of vectors, with the retriever that learns.
        optimizer: of its weights.
        epoch: counted from 0; all draws depend on it and on the seed alone.
        told: of the loss of each step, and of the steps that are left.

    Returns:
        The mean loss.

    Raises:
        RunError: the loss is no number.
    """
    config = lesson.config
    torch.manual_seed(lesson.seed * 100_003 + epoch)  # dropout
    generator = np.random.default_rng([lesson.seed, epoch, 1])
    plain = encode_queries(lesson.tokenizer, queries, context=config.context)
    hard = _hard(lesson, queries, plain, source)
    asked = _asked(lesson, queries, epoch)
    draw = NameSampler(lesson.names, own_name=config.own_name, wrong=config.hard_negatives)
    order = generator.permutation(len(queries))
    steps = retriever_steps(len(queries), config)
    losses = []
    source.retriever.train()
    for step in range(steps):
        rows = order[step * config.batch_size : (step + 1) * config.batch_size]
        drawn = draw.draw(queries, rows, hard, generator)
        loss = info_nce(
            source.vectors(asked, rows),
            source.vectors(lesson.inputs, drawn.names),
            drawn.answers.to(source.device),
            drawn.excused.to(source.device),
            temperature=config.temperature,
        )
        if not loss.isfinite():
            raise RunError(
                f"the retriever's loss is {loss.item()} in epoch {epoch + 1}: lower --set "
                "retriever-learning-rate"
            )
        set_rates(optimizer, share_of_rate(config, epoch * steps + step, steps))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(source.retriever.parameters(), config.max_norm)
        optimizer.step()
        losses.append(loss.item())
        told(losses[-1], steps - step - 1)
    source.retriever.eval()
    return sum(losses) / len(losses)


def retriever_steps(queries: int, config: RetrieverConfig) -> int:
    """Give the mini-batches of an epoch."""
    return -(-queries // config.batch_size)


def encode_queries(tokenizer: TweetTokenizer, queries: Queries, *, context: bool) -> Inputs:
    """Tokenize queries as `[CLS] phrase [SEP]`, or with their text as `[CLS] phrase [SEP] text [SEP]`.

    Args:
        tokenizer: the encoder's.
        queries: those without a text stand alone in any case.
        context: whether the texts are read.
    """
    alone = tokenizer.encode(queries.texts)
    with_text = [row for row, text in enumerate(queries.contexts) if context and text]
    pairs = tokenizer.encode_pairs(
        [queries.texts[row] for row in with_text], [queries.contexts[row] for row in with_text]
    )
    for row, pair in zip(with_text, pairs, strict=True):
        alone[row] = pair
    return Inputs.of(alone)


def _hard(lesson: RetrieverData, queries: Queries, plain: Inputs, source: VectorSource) -> NDArray[np.int64]:
    if not lesson.config.hard_negatives:
        return np.zeros((len(queries), 0), dtype=np.int64)
    return hard_names(
        source.all_vectors(plain),
        source.all_vectors(lesson.inputs),
        queries.concepts,
        lesson.names.owners,
        _POOL * lesson.config.hard_negatives,
    )


def _asked(lesson: RetrieverData, queries: Queries, epoch: int) -> Inputs:
    random = Random(f"retriever {lesson.seed} {epoch}")  # noqa: S311 - reproducible, not secret
    texts = tuple(
        with_typo(text, random) if random.random() < lesson.config.misspelt else text
        for text in queries.texts
    )
    asked = Queries(texts, queries.contexts, queries.concepts)
    return encode_queries(lesson.tokenizer, asked, context=lesson.config.context)
