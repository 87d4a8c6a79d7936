"""The corpus of Table 1: a prepared folder, or the official SMM4H files, which are prepared on the way.

The trainings of Table 1: each preset with each seed, trained once and scored by the official rules.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from models.bundle import load_bundle
from models.scoring import Pipeline
from models.terminology import Terminology
from training.augmentation import Synonyms
from training.corpora.preparation import Preparation, prepare
from training.corpora.prepared import read_split, split_names
from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError
from training.evaluation import evaluate
from training.examples import Example, TrainingData, digest_of
from training.files import read_json, write_json
from training.methods.method import train_method
from training.methods.networks import TrainingRun
from training.presets import Method
from training.table1.table import SUBTASKS, Figures, PresetResult

_SCORED = ("valid", "test")


def read_corpus(
    source: Path, terminology: Terminology | None, log: ReadingLog | None = None
) -> dict[str, list[Example]]:
    """Read the splits that Table 1 needs: "train", "valid" and, where it has labels, "test".

    Args:
        source: a folder that `ade-train prepare` wrote, or one of official files.
        terminology: lifts the LLT codes of official files to PTs.
        log: takes down what was read of official files, and dropped; a prepared corpus has its own.

    Raises:
        CorpusError: it is neither, a row is malformed, or training or validation texts are missing.
    """
    if not source.is_dir():
        raise CorpusError(f"{source} is no folder: give a prepared corpus, or the SMM4H files")
    if names := split_names(source):
        splits = {name: read_split(source, name) for name in names}
    else:
        splits = prepare(source, Preparation("smm4h", terminology), log or ReadingLog())
    for name in ("train", "valid"):
        if not splits.get(name):
            raise CorpusError(
                f"{source} has no {name} texts, but {', '.join(splits) or 'none'}: Table 1 needs train and "
                "valid; `ade-train prepare --valid-share 0.1 --test-share 0.1` divides a corpus"
            )
    return splits


def scored_splits(splits: Mapping[str, list[Example]]) -> Sequence[str]:
    """Name the splits to score: validation, and the test set where it has labels."""
    return [name for name in _SCORED if any(example.label for example in splits.get(name, ()))]


@dataclass(frozen=True)
class Table1:
    """What a table is made from.

    Attributes:
        splits: the corpus, see `read_corpus`.
        pt_names: names of PTs by code, of a terminology.
        wordnet: synonyms for the augmented set, where a preset needs it.
        out: holds `runs`, `networks`, `bundles` and `results`.
        shop: states, processes, callback; its folders are chosen here.
        command: that asked for it, for the model cards.
    """

    splits: Mapping[str, list[Example]]
    pt_names: Mapping[str, str]
    wordnet: Synonyms | None
    out: Path
    shop: TrainingRun
    command: str

    def results(self, methods: Sequence[Method]) -> Iterator[PresetResult]:
        """Train and score each method that has no result yet; gives all of them, in their order.

        Networks that methods have in common are trained once: the one of `mtl` is the first classifier of
        both ensembles.

        Raises:
            TrainingError: as `train_method`.
            ModelError: as `train_method`.
        """
        if self.shop.fresh and self.shop.processes.is_main:
            for pattern in ("networks/*/last-epoch.pt", "results/*.json"):
                for done in self.out.glob(pattern):
                    done.unlink()
        self.shop.processes.wait()
        data = TrainingData(self.splits["train"], self.splits["valid"], self.pt_names)
        digests = [digest_of(examples) for examples in self.splits.values()]
        for number, method in enumerate(methods, start=1):
            seed = method.training.seed
            told = f"{method.name}, seed {seed} ({number} of {len(methods)})"
            name = f"{method.name}-seed{seed}-{_identity(method, digests)}"
            held = read_json(self.out / "results" / f"{name}.json")
            if held is not None:
                self.shop.callback.on_message(f"{told}: done already")
                yield PresetResult.from_json(held)
                continue
            self.shop.callback.on_message(told)
            yield self._trained(method, data, name)

    def _trained(self, method: Method, data: TrainingData, name: str) -> PresetResult:
        bundle = self.out / "bundles" / name
        outcome = train_method(
            method,
            data,
            out=bundle,
            # Not fresh: what the presets before it have trained is to be found.
            shop=replace(
                self.shop, run=self.out / "runs" / name, networks=self.out / "networks", fresh=False
            ),
            command=self.command,
            wordnet=self.wordnet,
            overwrite=True,
        )
        processes = self.shop.processes
        result: PresetResult | None = None
        if processes.is_main:
            scores = self._scores(bundle, processes.device)
            result = PresetResult(method.name, method.training.seed, outcome.version, scores)
            write_json(self.out / "results" / f"{name}.json", result.to_json())
        return processes.from_main(result) or PresetResult(
            method.name, method.training.seed, outcome.version, {}
        )

    def _scores(self, bundle: Path, device: torch.device) -> dict[str, dict[str, Figures]]:
        """Score a bundle as users will run it, its weights in half precision."""
        pipeline = Pipeline.of(load_bundle(bundle), device=device)
        scores: dict[str, dict[str, Figures]] = {}
        for split in scored_splits(self.splits):
            counts = evaluate(pipeline, self.splits[split]).by_measure
            scores[split] = {
                task: (100 * counts[task].precision, 100 * counts[task].recall, 100 * counts[task].f1)
                for task in SUBTASKS
                if task in counts
            }
        return scores


def _identity(method: Method, digests: Sequence[str]) -> str:
    described = json.dumps([asdict(method), digests], sort_keys=True)
    return hashlib.blake2b(described.encode(), digest_size=4).hexdigest()
