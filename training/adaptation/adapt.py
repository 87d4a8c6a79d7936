"""Masked language modelling on unlabelled texts (Gururangan et al. 2020), from an encoder to another one.

Each step seeds its own randomness. So a training that was interrupted resumes with the same steps, and on one
CPU thread it ends with the same weights.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from models.disk import check_folder_writable, replace_folder, require_replaceable, writing
from training.adaptation.adapt_settings import AdaptSettings
from training.adaptation.adapted_encoder import ABOUT_FILE, AdaptedEncoder, adapted_files
from training.adaptation.masked_model import MaskedModel, load_masked_model
from training.adaptation.token_index import TokenIndex, open_index
from training.adaptation.word_masking import WordMasker, epoch_batches
from training.errors import CorpusError, RunError
from training.evaluation import read_unlabelled
from training.loop import explain_out_of_memory, make_optimizer, rate_factor, set_learning_rates

_WEIGHT_DECAY: Final = 0.01
_MAX_NORM: Final = 1.0
_SMOOTHING: Final = 0.02  # share of the newest loss in the one that is stored
_VALIDATION_WINDOWS: Final = 2_000
_STATE: Final = "last-step.pt"
_INDEX: Final = "index"
# Seeds of the draws are lists of numbers; the first number says what is drawn.
_ORDER, _TRAINING, _VALIDATION = range(3)

StepProgress = Callable[[int, int], AbstractContextManager[Callable[[float], None]]]
"""Shows steps: takes how many are done and how many there are, and yields what receives each loss."""


@dataclass
class _State:
    step: int
    loss: float | None
    before: float | None


def adapt_encoder(
    source: str,
    texts: Sequence[Path],
    out: Path,
    settings: AdaptSettings,
    *,
    run: Path,
    device: torch.device,
    progress: StepProgress,
    message: Callable[[str], None] = lambda text: None,
    save_every: int = 500,
    fresh: bool = False,
    overwrite: bool = False,
) -> AdaptedEncoder:
    """Train an encoder further on texts, and write it as a checkpoint; resume where an earlier run stopped.

    Args:
        source: the encoder: `package:NAME`, a folder, or a hub name.
        texts: files and folders, see `read_unlabelled`.
        out: folder of the new checkpoint. If the same training has written it, nothing is done.
        settings: of the training.
        run: folder of the index and of the state, which is deleted at the end.
        device: to train on.
        progress: shows steps and losses.
        message: receives what a user should know.
        save_every: number of steps between two states.
        fresh: start over, whatever the folders hold.
        overwrite: replace another adapted encoder at `out`.

    Raises:
        TrunkError: the encoder is missing, damaged, of another architecture, or has no mask token.
        CorpusError: a text file cannot be read.
        RunError: there is too little text, something else is at `out` or in `run`, the training diverged, or
            a file cannot be written.
    """
    settings.check()
    for path in texts:
        if not path.exists():
            raise CorpusError(f"{path} does not exist: name files or folders with texts")
    digest = files_digest(texts)
    model = load_masked_model(source, seed=settings.seed)
    settings.check_tokens(model.longest_input, source)
    identity = _hash(digest, model.digest, settings.identity)
    stored = AdaptedEncoder.read(out)
    if stored is not None and stored.identity == identity and not fresh:
        message(f"{out} is finished: it was made by the same command")
        return stored
    is_same = stored is not None and stored.identity == identity
    require_replaceable(
        out,
        kind="an adapted encoder",
        marker=ABOUT_FILE,
        overwrite=overwrite or is_same,
        error=RunError,
        how_to_overwrite="replace it with --overwrite",
    )
    with writing(out, RunError):
        check_folder_writable(out)
    index = open_index(
        run / _INDEX,
        (example.text for example in read_unlabelled(texts)),
        model.tokenizer,
        max_tokens=settings.max_tokens,
        identity=_hash(digest, model.digest),
        message=message,
    )
    training = _Training(model, index, settings, device)
    if training.masker.index.texts == 0 or len(training.windows) == 0:
        raise RunError("there are no texts to train on: name other files with --texts")
    message(training.summary())
    file = run / _STATE
    if fresh:
        file.unlink(missing_ok=True)
    state = training.resume(file, identity, message)
    with progress(state.step, training.steps) as advance:
        for loss in training.remaining_steps(state):
            advance(loss)
            if state.step % save_every == 0 and state.step < training.steps:
                training.save(file, identity, state)
    adapted = AdaptedEncoder(
        identity=identity,
        encoder=source if not Path(source).is_dir() else Path(source).resolve().name,
        files=tuple(path.resolve().name for path in texts),
        texts=index.texts,
        duplicates=index.duplicates,
        windows=len(training.windows),
        held_out=len(training.held_out),
        steps=training.steps,
        loss=state.loss,
        perplexity_before=state.before,
        perplexity_after=training.perplexity(),
        has_own_head=model.has_own_head,
        settings=asdict(settings),
    )
    with writing(out, RunError):
        replace_folder(out, adapted_files(model, adapted))
    file.unlink(missing_ok=True)
    return adapted


def files_digest(paths: Iterable[Path]) -> str:
    """Return a digest of the contents of text files, and of the .jsonl and .tsv files of folders."""
    digest = blake2b(digest_size=16)
    for path in paths:
        files = sorted([*path.rglob("*.jsonl"), *path.rglob("*.tsv")]) if path.is_dir() else [path]
        for file in files:
            digest.update(f"{file.name}\n".encode(errors="replace"))
            with suppress(OSError), file.open("rb") as content:  # `read_unlabelled` names what is unreadable
                for block in iter(lambda: content.read(1 << 20), b""):
                    digest.update(block)
    return digest.hexdigest()


class _Training:
    """The steps of a training, and its state on disk."""

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

    def resume(self, file: Path, identity: str, message: Callable[[str], None]) -> _State:
        """Load the state after the last saved step, or measure the perplexity before the first one.

        Raises:
            RunError: the file is of another training, or damaged.
        """
        if not file.exists():
            return _State(0, None, self.perplexity())
        try:
            stored = torch.load(file, map_location="cpu", weights_only=True)
            if stored["identity"] == identity:
                self._network.load_state_dict(stored["network"])
                self._optimizer.load_state_dict(stored["optimizer"])
                state = _State(**stored["state"])
                message(f"resumed after step {state.step:,} of {self.steps:,}")
                return state
        except Exception as error:  # torch raises errors of many kinds for a damaged file
            raise RunError(f"{file} cannot be read ({error}): start over with --fresh") from None
        raise RunError(
            f"{file.parent} holds a training with another encoder, other settings or other texts: start over "
            "with --fresh, or choose another folder with --run"
        )

    def save(self, file: Path, identity: str, state: _State) -> None:
        """Write the state. After a kill in the middle or on a full disk, the previous state is still there.

        Raises:
            RunError: it cannot be written.
        """
        partial = file.with_suffix(".partial")
        document = {
            "identity": identity,
            "network": self._network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "state": asdict(state),
        }
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as stream:
                torch.save(document, stream)
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(file)
        except (OSError, RuntimeError) as error:  # torch's own writer hides the OSError in a RuntimeError
            with suppress(OSError):
                partial.unlink()
            raise RunError(
                f"{file} cannot be written ({error}): make room there, and run the same command again to "
                "resume, or choose another folder with --run"
            ) from error

    def remaining_steps(self, state: _State) -> Iterator[float]:
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


def _hash(*parts: Any) -> str:
    return blake2b("\n".join(map(str, parts)).encode(), digest_size=16).hexdigest()
