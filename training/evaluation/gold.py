"""The annotations that predictions are scored against, from official files or a prepared corpus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.terminology import Terminology
from training.corpora import ReadingLog, read_smm4h_corpus, read_split, require_split
from training.errors import CorpusError
from training.evaluation.example_scores import annotation_of_example, lift_annotation
from training.evaluation.tweet_files import official_folder, splits_in
from training.examples import Example
from training.scorer import TweetAnnotation, read_annotations


@dataclass(frozen=True)
class Gold:
    """Annotated texts.

    Attributes:
        by_tweet: annotations by tweet id.
        texts: by tweet id; empty if the files have none.
        names: names of PTs by code, as far as they are known.
        notes: what a user should know about the annotations.
    """

    by_tweet: Mapping[str, TweetAnnotation]
    texts: Mapping[str, str]
    names: Mapping[str, str]
    notes: tuple[str, ...] = ()


def read_gold(
    path: Path, split: str, terminology: Terminology | None, *, allow_model_labels: bool = False
) -> Gold:
    """Read annotations.

    Args:
        path: a folder in the official layout, a prepared folder, or a .jsonl file.
        split: which split of a folder that has several; "dev" is "valid", and so on.
        terminology: lifts LLT codes to PTs, and names PTs.
        allow_model_labels: take labels that a language model gave for annotations.

    Raises:
        CorpusError: there is nothing to read, a row is malformed or was labelled by a model, or an id occurs
            twice.
    """
    if path.is_file() and path.suffix != ".jsonl":
        raise CorpusError(f"{path} is one file of several: name its folder, or a .jsonl file")
    split = require_split(split)
    official = official_folder(path, split)
    if path.is_dir() and split not in (present := splits_in(path)):
        advice = (
            f"it has {', '.join(present)}: choose one with --split"
            if present
            else ("it has neither official files, such as class.tsv, nor .jsonl files: name another folder")
        )
        raise CorpusError(f"{path} has no annotations of {split}; {advice}")
    gold = (
        _read_official(official, terminology)
        if official
        else _read_prepared(path, split, terminology, allow_model_labels)
    )
    if not gold.by_tweet:
        raise CorpusError(f"{path} holds no texts, so there is nothing to score against: name another folder")
    return gold


def read_seen(path: Path, terminology: Terminology | None) -> frozenset[str]:
    """Return the PT codes in training data; malformed rows are skipped, as by `ade-train prepare`.

    Args:
        path: a folder in the official layout, a prepared folder, or a .jsonl file.
        terminology: lifts LLT codes to PTs.

    Raises:
        CorpusError: there is nothing to read.
    """
    official = official_folder(path, "train")
    if official:
        examples = [
            example for split in read_smm4h_corpus(official, ReadingLog()).values() for example in split
        ]
    else:
        examples = read_split(path, "train")
    lift = terminology.llt_to_pt if terminology else {}
    codes = {span.ptid for example in examples for span in example.spans}
    return frozenset(lift.get(code, code) for code in codes if code is not None)


def _read_official(path: Path, terminology: Terminology | None) -> Gold:
    annotations = read_annotations(path, lift=terminology.llt_to_pt if terminology else None)
    notes = []
    if annotations.duplicates:
        notes.append(f"{annotations.duplicates:,} rows of spans that repeat another row were dropped")
    if annotations.unknown:
        notes.append(f"{annotations.unknown:,} tweets that tweets.tsv does not have were dropped")
    if not terminology:
        notes.append("codes are compared as they are; --terminology lifts LLT codes to PTs")
    names = terminology.pt_names if terminology else {}
    return Gold(annotations.by_tweet, annotations.texts, names, tuple(notes))


def _read_prepared(path: Path, split: str, terminology: Terminology | None, allow_model_labels: bool) -> Gold:
    examples = read_split(path, split, allow_model_labels=allow_model_labels)
    by_id: dict[str, Example] = {}
    for example in examples:
        if by_id.setdefault(example.id, example) is not example:
            raise CorpusError(
                f"{path}: the id {example.id!r} occurs twice; give each text an id of its own to score it"
            )
    names = {
        span.ptid: span.pt_name
        for example in examples
        for span in example.spans
        if span.ptid is not None and span.pt_name is not None
    }
    lift = terminology.llt_to_pt if terminology else {}
    return Gold(
        {id_: lift_annotation(annotation_of_example(example), lift) for id_, example in by_id.items()},
        {id_: example.text for id_, example in by_id.items()},
        {**names, **(terminology.pt_names if terminology else {})},
    )
