"""The command `python -m benchmarks.labels`."""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path
from typing import Final

from benchmarks.labels.choices import choices, counts
from models import Pipeline, TweetPrediction
from models.bundle import Bundle, Thresholds, load_bundle
from models.scoring import bundle_folder
from models.terminology import read_release
from training.corpora import clean_sentences, read_records, split_by_document
from training.default_bundle.data import DataSizes
from training.examples import Example

SURE: Final = (0.7, 0.8, 0.85, 0.9, 0.95)
SEED: Final = 1
"""The seed of the default bundle, which decided what it was trained on."""


def label_of(example: Example) -> str:
    """Return the label that a sentence is from."""
    return example.id.split(":")[2]


def read_all_spans(bundle: Bundle, examples: list[Example]) -> list[TweetPrediction]:
    """Score sentences with all their spans, whatever their probability."""
    pipeline = Pipeline.of(bundle, thresholds=Thresholds(classifier=0.0, normalizer=0.0), early_exit=False)
    predictions: list[TweetPrediction] = []
    for start in range(0, len(examples), 256):
        predictions += pipeline.score([example.text for example in examples[start : start + 256]])
        print(f"\r{len(predictions):,} of {len(examples):,} sentences", end="", file=sys.stderr)
    print(file=sys.stderr)
    return predictions


def split_of(examples: list[Example]) -> dict[str, set[str]]:
    """Return the labels by what the default bundle used them for."""
    share, salt = DataSizes().held_out, f"labels {SEED}"
    rest, validation = split_by_document(clean_sentences(examples), label_of, share=share, salt=salt)
    training, test = split_by_document(rest, label_of, share=share, salt=f"{salt} test")
    parts = {"validation": validation, "test": test, "training": training}
    return {name: set(map(label_of, part)) for name, part in parts.items()}


def main() -> None:
    """Read the corpus, and print a table of the choices."""
    parser = argparse.ArgumentParser(description="Measure how well listed effects are found.")
    parser.add_argument("--corpus", type=Path, default=Path("../shared/corpora/tac2017_train.jsonl"))
    parser.add_argument("--terminology", type=Path, default=Path("../shared/terminology"))
    parser.add_argument("--bundle", default="default")
    parser.add_argument("--all", action="store_true", help="also the labels that the bundle was trained on")
    options = parser.parse_args()
    if not options.corpus.exists():
        print(f"skipped: {options.corpus} is not here; --corpus names the TAC 2017 corpus")
        return
    examples = list(read_records(options.corpus))
    split = split_of(examples)
    if not options.all:
        del split["training"]
    measured = set().union(*split.values())
    examples = [example for example in examples if label_of(example) in measured]
    bundle = load_bundle(bundle_folder(options.bundle))
    names = {"PT names": [(label.ptid, label.pt_name) for label in bundle.labels.classes]}
    if options.terminology.exists():
        release = read_release(options.terminology)
        lowest = [(llt.ptid, llt.name) for llt in release.llts]
        names["LLT names"] = [*release.pt_names.items(), *lowest]
    thresholds = bundle.config.effective_thresholds
    every = choices(thresholds.classifier, thresholds.normalizer, names, SURE)
    right: dict[str, set[str]] = defaultdict(set)
    codes_by_choice: dict[str, dict[str, set[str]]] = {name: defaultdict(set) for name in every}
    for example, prediction in zip(examples, read_all_spans(bundle, examples), strict=True):
        label = label_of(example)
        right[label] |= {span.ptid for span in example.spans if span.ptid}
        for name, choice in every.items():
            codes_by_choice[name][label] |= choice(example.text, prediction)
    for part, labels in split.items():
        of_part = {label: ptids for label, ptids in right.items() if label in labels}
        pairs = sum(map(len, of_part.values()))
        print(f"\n{part}: {len(of_part)} labels, {pairs:,} pairs of label and PT")
        print(f"{'choice':44} precision  recall      F1")
        for name, by_label in codes_by_choice.items():
            precision, recall, f1 = counts(by_label, of_part)
            print(f"{name:44} {precision:9.3f} {recall:7.3f} {f1:7.3f}")


if __name__ == "__main__":
    main()
