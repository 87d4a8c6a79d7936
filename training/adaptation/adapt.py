"""Masked language modelling on unlabelled texts (Gururangan et al. 2020), from an encoder to another one.

Each step seeds its own randomness. So a training that was interrupted resumes with the same steps, and on one
CPU thread it ends with the same weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import torch

from models.disk import check_folder_writable, replace_folder, require_replaceable, writing
from training.adaptation.adapt_settings import AdaptSettings
from training.adaptation.adaptation_steps import AdaptationSteps
from training.adaptation.adapted_encoder import ABOUT_FILE, AdaptedEncoder, adapted_files
from training.adaptation.masked_model import load_masked_model
from training.adaptation.token_index import open_index
from training.errors import CorpusError, RunError
from training.evaluation import read_unlabelled

_STATE: Final = "last-step.pt"
_INDEX: Final = "index"

StepProgress = Callable[[int, int], AbstractContextManager[Callable[[float], None]]]
"""Shows steps: takes how many are done and how many there are, and yields what receives each loss."""


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
    training = AdaptationSteps(model, index, settings, device)
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


def _hash(*parts: Any) -> str:
    return blake2b("\n".join(map(str, parts)).encode(), digest_size=16).hexdigest()
