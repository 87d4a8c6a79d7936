"""A method with all that it is trained with, as it goes from stage to stage."""

from __future__ import annotations

from dataclasses import dataclass

from models.encoder.loading import Encoder
from models.encoder.tokenization import TweetTokenizer
from training.examples import TrainingData
from training.methods.materials import Materials
from training.methods.networks import Workshop
from training.methods.validation import Judge
from training.presets import Method


@dataclass(frozen=True)
class Job:
    """What is asked for, and what is there to do it with.

    Attributes:
        method: a preset, perhaps with changes.
        data: the texts.
        encoder: the pretrained one.
        tokenizer: the encoder's.
        materials: classes, and D_1 to D_3.
        judge: of networks, by the validation texts.
        shop: run folder, processes, watcher.
    """

    method: Method
    data: TrainingData
    encoder: Encoder
    tokenizer: TweetTokenizer
    materials: Materials
    judge: Judge
    shop: Workshop
