"""The data sets of Algorithm 1: tokenized examples with a target for each text, each token, or each span."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor

from models.encoder import TokenBatch, TokenizedInput, TweetTokenizer
from models.network import CLASSIFIER, EXTRACTOR, HEAD_OF, NORMALIZER, Task
from models.normalizer import Labels
from training.examples import AnnotatedSpan, CodedPhrase, Example
from training.loop.inputs import Inputs
from training.loop.sampling_rates import SamplingRates
from training.loop.soft_targets import SoftTargets
from training.loop.text_windows import TrainingWindow, overlaps, training_windows
from training.loop.word_relations import WordRelations

# The target that cross-entropy ignores, for special tokens and padding.
IGNORED: Final = -100
# The paper's Normalizer knows the PTIDs with more than three training examples (section 3.3).
PAPER_FEWEST_EXAMPLES: Final = 4
# Texts are sorted by length within pools of this many mini-batches.
_POOL_BATCHES: Final = 50


@dataclass(frozen=True)
class TaskData:
    """D_i of Algorithm 1: the tokenized inputs of one task, with their targets.

    Attributes:
        task: the subtask of one of the `HEADS`.
        inputs: the tokens.
        targets: for each input a list: its class alone, or a tag for each token if the head reads tokens.
            A class or tag can be `IGNORED` where there is a soft target.
        soft: what a teacher thinks of the same inputs or tokens; None without a teacher.
        rates: how often an epoch takes each input; None if it takes each once.
        relations: what a teacher's states say about the words of the same inputs; None without it.
    """

    task: Task
    inputs: Inputs
    targets: Sequence[Sequence[int]]
    soft: SoftTargets | None = None
    rates: SamplingRates | None = None
    relations: WordRelations | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def epoch_size(self) -> int:
        """Number of inputs that an epoch takes: size(D_i) of Equation 1."""
        return len(self) if self.rates is None else self.rates.epoch_size

    def batch(self, rows: Sequence[int]) -> tuple[TokenBatch, Tensor]:
        """Collect some of the inputs into a mini-batch.

        Returns:
            The inputs, and their targets: `[batch]`, or `[batch, tokens]` if the head reads tokens.
        """
        inputs = self.inputs.batch(rows)
        targets = [self.targets[row] for row in rows]
        if HEAD_OF[self.task].reads != "token":
            return inputs, torch.tensor([target[0] for target in targets])
        width = inputs.input_ids.shape[1]
        return inputs, torch.tensor([[*tags, *[IGNORED] * (width - len(tags))] for tags in targets])


def classifier_data(
    examples: Sequence[Example], tokenizer: TweetTokenizer, *, reads_context: bool = False
) -> TaskData:
    """Build the data set of subtask 1a: class 1 for ADE, 0 for NoADE.

    All windows of a long negative text are negative. Of a positive one, those with a span are positive, and
    the others are left out. Without a span, nobody knows which one it is: the first is taken.

    Args:
        examples: the texts.
        tokenizer: of the encoder; it has the longest input.
        reads_context: whether the contexts of the texts are read before them.
    """
    chosen: list[TrainingWindow] = []
    for windows in training_windows(examples, tokenizer, reads_context=reads_context):
        if len(windows) == 1 or not windows[0].example.label:
            chosen += windows
        else:
            chosen += [window for window in windows if window.has_span] or windows[:1]
    inputs = Inputs.of([window.tokens for window in chosen])
    return TaskData(CLASSIFIER.task, inputs, [[window.example.label] for window in chosen])


def extractor_data(
    examples: Sequence[Example], tokenizer: TweetTokenizer, *, reads_context: bool = False
) -> TaskData:
    """Build the data set of subtask 1b: a tag for each token of each window, see `token_tags`.

    Args:
        examples: the texts.
        tokenizer: of the encoder; it has the longest input.
        reads_context: whether the contexts of the texts are read before them.
    """
    parts = training_windows(examples, tokenizer, reads_context=reads_context)
    windows = [window for windows_of_text in parts for window in windows_of_text]
    tags = [token_tags(window.tokens, window.example.spans) for window in windows]
    return TaskData(EXTRACTOR.task, Inputs.of([window.tokens for window in windows]), tags)


def normalizer_data(phrases: Sequence[CodedPhrase], labels: Labels, tokenizer: TweetTokenizer) -> TaskData:
    """Build the data set of subtask 1c. Phrases whose PT is not a class are left out.

    A phrase alone becomes `[CLS] span [SEP]`, variant (a) of section 3.2. A phrase with its tweet becomes
    `[CLS] span [SEP] tweet [SEP]`, variant (b).
    """
    class_of = {label.ptid: number for number, label in enumerate(labels.classes)}
    known = [phrase for phrase in phrases if phrase.ptid in class_of]
    if any(phrase.tweet for phrase in known):
        encodings = tokenizer.encode_pairs([p.text for p in known], [p.tweet for p in known])
    else:
        encodings = tokenizer.encode([phrase.text for phrase in known])
    return TaskData(NORMALIZER.task, Inputs.of(encodings), [[class_of[phrase.ptid]] for phrase in known])


def token_tags(tokens: TokenizedInput, spans: Sequence[AnnotatedSpan]) -> list[int]:
    """Tag each token: 1 (AE) if it overlaps a span, 0 (O) if not.

    The tag is `IGNORED` for special tokens and for those of a context.
    """
    return [
        IGNORED if word is None else int(overlaps(place, spans))
        for place, word in zip(tokens.offsets, tokens.word_ids, strict=True)
    ]


def normalizer_labels(
    phrases: Sequence[CodedPhrase], pt_names: Mapping[str, str], *, fewest: int = PAPER_FEWEST_EXAMPLES
) -> Labels:
    """Choose the Normalizer's classes: PTIDs with a name and at least `fewest` examples, sorted by code."""
    counts = Counter(phrase.ptid for phrase in phrases)
    frequent = sorted(ptid for ptid, count in counts.items() if count >= fewest and ptid in pt_names)
    return Labels.of((ptid, pt_names[ptid]) for ptid in frequent)


def mini_batches(data: TaskData, size: int, generator: torch.Generator) -> list[list[int]]:
    """Shuffle a task's inputs into mini-batches of similar length, so that there is little padding.

    Inputs are shuffled, sorted by length within some fifty batches, cut, and the batches shuffled again.

    Returns:
        The rows of `data` in each mini-batch. Each row that the epoch takes once is in exactly one; the last
        can be smaller.
    """
    order: list[int]
    if data.rates is None:
        order = torch.randperm(len(data), generator=generator).tolist()
    else:
        order = data.rates.draw(generator)
    lengths = data.inputs.lengths
    pool = _POOL_BATCHES * size
    batches: list[list[int]] = []
    for start in range(0, len(order), pool):
        rows = sorted(order[start : start + pool], key=lambda row: int(lengths[row]))
        cuts = [*range(0, len(rows), size), len(rows)]
        batches += [rows[left:right] for left, right in pairwise(cuts)]
    return [batches[at] for at in torch.randperm(len(batches), generator=generator).tolist()]
