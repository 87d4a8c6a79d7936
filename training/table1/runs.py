"""The trainings of Table 1: each preset with each seed is trained once and scored by the official rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import torch

from models.bundle import load_bundle
from models.network import TASKS, Task
from models.scoring import Pipeline
from models.terminology import Terminology
from training.augmentation import Synonyms
from training.corpora import Preparation, ReadingLog, prepare_corpus, read_split, split_names
from training.errors import CorpusError
from training.evaluation import evaluate
from training.examples import Example, TrainingData, digest_of
from training.files import read_json, write_json
from training.methods import TrainingRun, train_method
from training.presets import Method
from training.table1.table import Figures, PresetResult, SplitScores

_SCORED_SPLITS: Final = ("valid", "test")


def read_corpus(
    source: Path, terminology: Terminology | None, log: ReadingLog | None = None
) -> dict[str, list[Example]]:
    """Read the splits that Table 1 needs: "train", "valid" and, if it has labels, "test".

    Args:
        source: a folder that `ade-train prepare` wrote, or the official SMM4H files, which are prepared here.
        terminology: lifts the LLT codes of official files to PTs.
        log: records what was read and dropped of official files. A prepared corpus has its own log.

    Raises:
        CorpusError: it is neither, a row is malformed, or training or validation texts are missing.
    """
    if not source.is_dir():
        raise CorpusError(f"{source} is not a folder: give a prepared corpus, or the SMM4H files")
    if names := split_names(source):
        splits = {name: read_split(source, name) for name in names}
    else:
        splits = prepare_corpus(source, Preparation("smm4h", terminology), log or ReadingLog())
    for name in ("train", "valid"):
        if not splits.get(name):
            raise CorpusError(
                f"{source} has no {name} texts, but {', '.join(splits) or 'none'}: Table 1 needs train and "
                "valid; `ade-train prepare --valid-share 0.1 --test-share 0.1` splits a corpus"
            )
    return splits


def scored_splits(splits: Mapping[str, list[Example]]) -> Sequence[str]:
    """Return the names of the splits to score: validation, and the test set if it has labels."""
    return [name for name in _SCORED_SPLITS if any(example.label for example in splits.get(name, ()))]


@dataclass(frozen=True)
class Table1:
    """What the trainings of a table have in common.

    Attributes:
        splits: the corpus, see `read_corpus`.
        pt_names: names of PTs by code, from a terminology.
        wordnet: synonyms for the augmented set, if a preset needs it.
        out: holds `runs`, `networks`, `bundles` and `results`.
        run: states, processes and callback; its folders are replaced by those in `out`.
        command: the command that was run, for the model cards.
    """

    splits: Mapping[str, list[Example]]
    pt_names: Mapping[str, str]
    wordnet: Synonyms | None
    out: Path
    run: TrainingRun
    command: str

    def results(self, methods: Sequence[Method]) -> Iterator[PresetResult]:
        """Train and score each method that has no result yet. Yield all results in order.

        Networks that methods have in common are trained once: that of `mtl` is the first classifier of both
        ensembles.

        Raises:
            TrainingError: as `train_method`.
            ModelError: as `train_method`.
        """
        if self.run.fresh and self.run.processes.is_main:
            for pattern in ("networks/*/last-epoch.pt", "results/*.json"):
                for path in self.out.glob(pattern):
                    path.unlink()
        self.run.processes.wait()
        data = TrainingData(self.splits["train"], self.splits["valid"], self.pt_names)
        digests = [digest_of(examples) for examples in self.splits.values()]
        for number, method in enumerate(methods, start=1):
            seed = method.training.seed
            title = f"{method.name}, seed {seed} ({number} of {len(methods)})"
            name = f"{method.name}-seed{seed}-{_fingerprint(method, digests)}"
            stored = read_json(self.out / "results" / f"{name}.json")
            if stored is not None:
                self.run.callback.on_message(f"{title}: done already")
                yield PresetResult.from_json(stored)
                continue
            self.run.callback.on_message(title)
            yield self._train_and_score(method, data, name)

    def _train_and_score(self, method: Method, data: TrainingData, name: str) -> PresetResult:
        folder = self.out / "bundles" / name
        # Not fresh, so that networks are found that earlier presets of this table have trained.
        run = replace(self.run, folder=self.out / "runs" / name, networks=self.out / "networks", fresh=False)
        bundle = train_method(
            method,
            data,
            out=folder,
            run=run,
            command=self.command,
            wordnet=self.wordnet,
            overwrite=True,
        )
        result = PresetResult(method.name, method.training.seed, bundle.version, {})
        if run.processes.is_main:
            result = replace(result, scores=self._score_bundle(folder, run.processes.device))
            write_json(self.out / "results" / f"{name}.json", result.to_json())
        return run.processes.from_main(result)

    def _score_bundle(self, folder: Path, device: torch.device) -> SplitScores:
        """Score a bundle as it is stored, with weights in half precision."""
        pipeline = Pipeline.of(load_bundle(folder), device=device)
        scores: dict[str, dict[Task, Figures]] = {}
        for split in scored_splits(self.splits):
            counts = evaluate(pipeline, self.splits[split]).by_measure
            scores[split] = {
                task: (100 * counts[task].precision, 100 * counts[task].recall, 100 * counts[task].f1)
                for task in TASKS
                if task in counts
            }
        return scores


def _fingerprint(method: Method, digests: Sequence[str]) -> str:
    """Identify a method and its data: 8 hex digits."""
    description = json.dumps([asdict(method), digests], sort_keys=True)
    return hashlib.blake2b(description.encode(), digest_size=4).hexdigest()
