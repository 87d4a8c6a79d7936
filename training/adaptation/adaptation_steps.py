"""The steps of an adaptation: each seeds its own randomness, so that an interrupted one resumes alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from training.adaptation.adapt_settings import AdaptSettings
from training.adaptation.masked_model import MaskedModel
from training.adaptation.token_index import TokenIndex
from training.adaptation.word_masking import WordMasker, epoch_batches
from training.errors import RunError
from training.files import write_state
from training.loop import explain_out_of_memory, make_optimizer, rate_factor, set_learning_rates

_WEIGHT_DECAY: Final = 0.01
_MAX_NORM: Final = 1.0
_SMOOTHING: Final = 0.02  # share of the newest loss in the one that is stored
_VALIDATION_WINDOWS: Final = 2_000
# Seeds of the draws are lists of numbers; the first number says what is drawn.
_ORDER, _TRAINING, _VALIDATION = range(3)


@dataclass
class StepState:
    """How far a training is.

    Attributes:
        step: number of steps that were taken.
        loss: of the last steps, smoothed; None before the first.
        before: perplexity of held-out texts before the first step; None without such texts.
    """

    step: int
    loss: float | None
    before: float | None


class AdaptationSteps:
    """The steps of a training, and its state on disk.

    Args:
        model: is trained.
        index: has the windows.
        settings: of the training.
        device: to train on.

    Attributes:
        windows: numbers of the windows to train on.
        held_out: numbers of the windows that measure the perplexity.
        masker: makes batches.
        steps: number of all steps.
    """

    def __init__(
        self, model: MaskedModel, index: TokenIndex, settings: AdaptSettings, device: torch.device
    ) -> None:
        self.settings = settings
        self.windows, self.held_out = index.split(settings.valid_share)
        self.masker = WordMasker(index, model.mask, model.padding, model.tokenizer.get_vocab_size())
        self._model = model
        self._device = device
        self._network = model.network.to(device)
        self._optimizer = make_optimizer(
            [(self._network, settings.learning_rate)], weight_decay=_WEIGHT_DECAY
        )
        self._steps_per_epoch = -(-len(self.windows) // settings.batch_size)
        self.steps = settings.steps or self._steps_per_epoch * settings.epochs

    def summary(self) -> str:
        """Return what is trained on, in one sentence."""
        index = self.masker.index
        left_out = f" ({index.duplicates:,} duplicates left out)" if index.duplicates else ""
        return (
            f"{index.texts:,} texts{left_out}: {len(self.windows):,} windows to train on, "
            f"{len(self.held_out):,} held out; {self.steps:,} steps of {self.settings.batch_size}"
        )

    def resume(self, file: Path, identity: str, message: Callable[[str], None]) -> StepState:
        """Load the state after the last saved step, or measure the perplexity before the first one.

        Raises:
            RunError: the file is of another training, or damaged.
        """
        if not file.exists():
            return StepState(0, None, self.perplexity())
        try:
            stored = torch.load(file, map_location="cpu", weights_only=True)
            if stored["identity"] == identity:
                self._network.load_state_dict(stored["network"])
                self._optimizer.load_state_dict(stored["optimizer"])
                state = StepState(**stored["state"])
                message(f"resumed after step {state.step:,} of {self.steps:,}")
                return state
        except Exception as error:  # torch raises errors of many kinds for a damaged file
            raise RunError(f"{file} cannot be read ({error}): start over with --fresh") from None
        raise RunError(
            f"{file.parent} holds a training with another encoder, other settings or other texts: start over "
            "with --fresh, or choose another folder with --run"
        )

    def save(self, file: Path, identity: str, state: StepState) -> None:
        """Write the state. After a kill in the middle or on a full disk, the previous state is still there.

        Raises:
            RunError: it cannot be written.
        """
        document = {
            "identity": identity,
            "network": self._network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "state": asdict(state),
        }
        write_state(file, document)

    def remaining_steps(self, state: StepState) -> Iterator[float]:
        """Take the steps after `state`, which is kept up to date; yield the loss of each.

        Raises:
            RunError: memory ran out, or the loss is not a number.
        """
        self._network.train()
        epoch = -1
        batches: Iterator[NDArray[np.int64]] = iter(())
        while state.step < self.steps:
            if state.step // self._steps_per_epoch != epoch:
                epoch, place = divmod(state.step, self._steps_per_epoch)
                seed = (_ORDER, self.settings.seed, epoch)
                batches = epoch_batches(self.masker.index, self.windows, self.settings.batch_size, seed)
                for _ in range(place):
                    next(batches)
            loss = self._step(next(batches), state.step)
            if not math.isfinite(loss):
                raise RunError(
                    f"the loss of step {state.step + 1:,} is not a number: start over with --fresh "
                    "and a lower --learning-rate"
                )
            state.step += 1
            state.loss = loss if state.loss is None else state.loss + _SMOOTHING * (loss - state.loss)
            yield loss

    @torch.no_grad()
    def perplexity(self) -> float | None:
        """Return the perplexity of masked tokens in held-out texts; None if there are none.

        The same tokens are masked each time.
        """
        windows = self.held_out[:_VALIDATION_WINDOWS]
        total = tokens = 0.0
        self._network.eval()
        size = self.settings.batch_size
        for number, start in enumerate(range(0, len(windows), size)):
            batch = self.masker.batch(
                windows[start : start + size], (_VALIDATION, self.settings.seed, number)
            )
            total += float(self._model.loss(batch.to(self._device))) * len(batch.targets)
            tokens += len(batch.targets)
        self._network.train()
        return math.exp(min(total / tokens, 100.0)) if tokens else None

    def _step(self, windows: NDArray[np.int64], step: int) -> float:
        settings = self.settings
        torch.manual_seed((settings.seed << 31) + step)  # dropout
        batch = self.masker.batch(windows, (_TRAINING, settings.seed, step)).to(self._device)
        subject = f"a step on {len(windows)} windows of {batch.input_ids.shape[1]} tokens"
        with explain_out_of_memory(subject, "lower --batch-size or --max-tokens"):
            loss = self._model.loss(batch)
            loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), _MAX_NORM)
        factor = rate_factor(step, self.steps, warmup=settings.warmup, schedule="linear")
        set_learning_rates(self._optimizer, factor)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        return float(loss.detach())
