"""One epoch of the retriever: each phrase is pulled towards a name of its PT and away from other names."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from models.network import NORMALIZER
from training.errors import RunError
from training.loop import Inputs, TrainingCallback, rate_factor, set_learning_rates
from training.retrieval.negatives import NameSampler, hard_names
from training.retrieval.retriever_config import RetrieverConfig
from training.retrieval.retriever_data import Queries, RetrieverData
from training.retrieval.vectors import VectorSource

# Hard negatives are drawn from this many times as many candidates.
_CANDIDATES_PER_NEGATIVE: Final = 4


def info_nce(
    queries: Tensor, names: Tensor, positives: Tensor, same_concept: Tensor, *, temperature: float
) -> Tensor:
    """Compute InfoNCE (van den Oord et al. 2018, Equation 4): which of the names belongs to a phrase.

    Args:
        queries: `[batch, hidden]`, vectors of phrases, of length one.
        names: `[names, hidden]`, vectors of names, of length one.
        positives: `[batch]`, int64: the row of `names` that each phrase is pulled towards.
        same_concept: `[batch, names]`, true for names of the phrase's own PT. They are not negatives.
        temperature: divides the cosines.

    Returns:
        The mean cross-entropy, a scalar in fp32.
    """
    cosines = queries.float() @ names.float().T
    is_positive = torch.zeros_like(same_concept).scatter_(1, positives[:, None], True)
    logits = (cosines / temperature).masked_fill(same_concept & ~is_positive, -torch.inf)
    return cross_entropy(logits, positives)


def retriever_steps(queries: int, config: RetrieverConfig) -> int:
    """Return the number of mini-batches in an epoch."""
    return -(-queries // config.batch_size)


def train_retriever_epoch(
    data: RetrieverData,
    source: VectorSource,
    optimizer: Optimizer,
    *,
    epoch: int,
    callback: TrainingCallback,
) -> float:
    """Train on each query of an epoch once.

    Args:
        data: the queries and names.
        source: computes vectors, with the retriever that is trained.
        optimizer: of the retriever's weights.
        epoch: counted from 0. All randomness depends on it and on the seed only.
        callback: receives the loss of each step.

    Returns:
        The mean loss.

    Raises:
        RunError: a loss is not finite.
    """
    config = data.config
    torch.manual_seed(data.seed * 100_003 + epoch)  # dropout
    generator = np.random.default_rng([data.seed, epoch, 1])
    queries = data.queries(epoch)
    hard = _hard_negatives(data, queries, source)
    query_inputs = data.encode(data.with_typos(queries, epoch))
    sampler = NameSampler(data.names, own_name=config.own_name, hard_negatives=config.hard_negatives)
    order = generator.permutation(len(queries))
    steps = retriever_steps(len(queries), config)
    losses = []
    source.retriever.train()
    for step in range(steps):
        rows = order[step * config.batch_size : (step + 1) * config.batch_size]
        batch = sampler.draw(queries, rows, hard, generator)
        loss = info_nce(
            source.vectors(query_inputs, rows),
            source.vectors(data.name_inputs, batch.names),
            batch.positives.to(source.device),
            batch.same_concept.to(source.device),
            temperature=config.temperature,
        )
        if not loss.isfinite():
            raise RunError(
                f"the retriever's loss is {loss.item()} in epoch {epoch + 1}: lower --set "
                "retriever-learning-rate"
            )
        factor = rate_factor(
            epoch * steps + step, config.epochs * steps, warmup=config.warmup, schedule="linear"
        )
        set_learning_rates(optimizer, factor)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(source.retriever.parameters(), config.max_norm)
        optimizer.step()
        losses.append(loss.item())
        callback.on_step_end(NORMALIZER.task, losses[-1], steps - step - 1)
    source.retriever.eval()
    return sum(losses) / len(losses)


def _hard_negatives(data: RetrieverData, queries: Queries, source: VectorSource) -> NDArray[np.int64]:
    """Return candidates for hard negatives, `[queries, candidates]`, by the vectors at the epoch's start."""
    if not data.config.hard_negatives:
        return np.zeros((len(queries), 0), dtype=np.int64)
    inputs: Inputs = data.encode(queries)
    return hard_names(
        source.all_vectors(inputs),
        source.all_vectors(data.name_inputs),
        queries.concepts,
        data.names.owners,
        _CANDIDATES_PER_NEGATIVE * data.config.hard_negatives,
    )
