"""Examples as the network reads them: token ids with a target for each text, each token, or each span."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from tokenizers import Encoding
from torch import Tensor

from models.encoder.tokenization import TokenBatch, TweetTokenizer
from models.normalizer.labels import Labels
from training.examples import AnnotatedSpan, CodedPhrase, Example
from training.loop.config import Task
from training.loop.inputs import Inputs

# What cross-entropy leaves out: special tokens and padding.
IGNORED = -100
# The paper's Normalizer knows the PTIDs with more than three training examples (section 3.3).
FEWEST_EXAMPLES = 4


@dataclass(frozen=True)
class TaskData:
    """D_i of Algorithm 1: the tokenized inputs of one task, with their targets.

    Attributes:
        task: 1a, 1b or 1c.
        inputs: their tokens.
        targets: for each input its class (1a, 1c: one element), or a tag for each token (1b).
    """

    task: Task
    inputs: Inputs
    targets: Sequence[Sequence[int]]

    def __len__(self) -> int:
        return len(self.inputs)

    def batch(self, rows: Sequence[int]) -> tuple[TokenBatch, Tensor]:
        """Put some of the inputs into a mini-batch.

        Returns:
            The inputs, and their targets: `[batch]` for 1a and 1c, `[batch, tokens]` for 1b.
        """
        inputs = self.inputs.batch(rows)
        chosen = [self.targets[row] for row in rows]
        if self.task != "1b":
            return inputs, torch.tensor([target[0] for target in chosen])
        width = inputs.input_ids.shape[1]
        return inputs, torch.tensor([[*tags, *[IGNORED] * (width - len(tags))] for tags in chosen])


def classifier_data(examples: Sequence[Example], tokenizer: TweetTokenizer) -> TaskData:
    """Prepare subtask 1a: 1 for ADE, 0 for NoADE."""
    encodings = tokenizer.encode([example.text for example in examples])
    return TaskData("1a", Inputs.of(encodings), [[example.label] for example in examples])


def extractor_data(examples: Sequence[Example], tokenizer: TweetTokenizer) -> TaskData:
    """Prepare subtask 1b: a tag for each token, see `tags_of`."""
    encodings = tokenizer.encode([example.text for example in examples])
    tags = [tags_of(encoding, example.spans) for encoding, example in zip(encodings, examples, strict=True)]
    return TaskData("1b", Inputs.of(encodings), tags)


def normalizer_data(phrases: Sequence[CodedPhrase], labels: Labels, tokenizer: TweetTokenizer) -> TaskData:
    """Prepare subtask 1c. Phrases of PTs without a class are left out.

    A phrase alone is `[CLS] span [SEP]`, variant (a) of section 3.2; one with its context is
    `[CLS] span [SEP] tweet [SEP]`, variant (b).
    """
    index = {label.ptid: number for number, label in enumerate(labels.classes)}
    known = [phrase for phrase in phrases if phrase.ptid in index]
    if any(phrase.context for phrase in known):
        encodings = tokenizer.encode_pairs([p.text for p in known], [p.context for p in known])
    else:
        encodings = tokenizer.encode([phrase.text for phrase in known])
    return TaskData("1c", Inputs.of(encodings), [[index[phrase.ptid]] for phrase in known])


def tags_of(encoding: Encoding, spans: Sequence[AnnotatedSpan]) -> list[int]:
    """Tag the tokens of a text: 1 (AE) where one overlaps a span, 0 (O) elsewhere, special ones ignored."""
    return [
        IGNORED if word is None else int(any(start < span.end and span.start < end for span in spans))
        for (start, end), word in zip(encoding.offsets, encoding.word_ids, strict=True)
    ]


def normalizer_labels(
    phrases: Sequence[CodedPhrase], pt_names: Mapping[str, str], *, fewest: int = FEWEST_EXAMPLES
) -> Labels:
    """Choose the classes of the Normalizer: PTIDs with a name and `fewest` examples or more, by code."""
    counts = Counter(phrase.ptid for phrase in phrases)
    frequent = sorted(ptid for ptid, count in counts.items() if count >= fewest and ptid in pt_names)
    return Labels.of((ptid, pt_names[ptid]) for ptid in frequent)


def mini_batches(data: TaskData, size: int, generator: torch.Generator) -> list[list[int]]:
    """Shuffle a task's inputs into mini-batches of like length, so that little is padding.

    Inputs are shuffled, sorted by length within some fifty batches, cut, and the batches shuffled again.

    Returns:
        Rows of `data` for each mini-batch; each row is in exactly one, the last one may be smaller.
    """
    order: list[int] = torch.randperm(len(data), generator=generator).tolist()
    lengths = data.inputs.lengths
    pool = 50 * size
    batches: list[list[int]] = []
    for start in range(0, len(order), pool):
        rows = sorted(order[start : start + pool], key=lambda row: int(lengths[row]))
        cuts = [*range(0, len(rows), size), len(rows)]
        batches += [rows[left:right] for left, right in pairwise(cuts)]
    return [batches[at] for at in torch.randperm(len(batches), generator=generator).tolist()]
