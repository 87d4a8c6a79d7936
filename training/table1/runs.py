"""The trainings of Table 1: each preset with each seed, trained once and scored by the official rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from models.bundle import load_bundle
from models.scoring.pipeline import Pipeline
from training.augmentation import Synonyms
from training.evaluation import evaluate
from training.examples import Example, TrainingData, digest_of
from training.files import read_json, write_json
from training.methods.method import train_method
from training.methods.networks import Workshop
from training.presets import Method
from training.table1.corpus import scored_splits
from training.table1.paper import Figures
from training.table1.rendering import SUBTASKS, Result


@dataclass(frozen=True)
class Table1:
    """What a table is made from.

    Attributes:
        splits: the corpus, see `read_corpus`.
        pt_names: names of PTs by code, of a terminology.
        wordnet: synonyms for the augmented set, where a preset needs it.
        out: holds `runs`, `networks`, `bundles` and `results`.
        shop: states, processes, watcher; its folders are chosen here.
        command: that asked for it, for the model cards.
    """

    splits: Mapping[str, list[Example]]
    pt_names: Mapping[str, str]
    wordnet: Synonyms | None
    out: Path
    shop: Workshop
    command: str

    def results(self, methods: Sequence[Method]) -> Iterator[Result]:
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
                self.shop.watcher.note(f"{told}: done already")
                yield Result.from_json(held)
                continue
            self.shop.watcher.note(told)
            yield self._trained(method, data, name)

    def _trained(self, method: Method, data: TrainingData, name: str) -> Result:
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
        result: Result | None = None
        if processes.is_main:
            scores = self._scores(bundle, processes.device)
            result = Result(method.name, method.training.seed, outcome.version, scores)
            write_json(self.out / "results" / f"{name}.json", result.to_json())
        return processes.from_main(result) or Result(method.name, method.training.seed, outcome.version, {})

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
