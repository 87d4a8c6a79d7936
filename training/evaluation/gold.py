"""The annotations that predictions are scored against, from either layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.terminology import Terminology
from training.corpora.prepared import read_split
from training.corpora.reading_log import ReadingLog
from training.corpora.smm4h_corpus import read_smm4h
from training.errors import CorpusError
from training.evaluation.judgements import annotated, lifted
from training.evaluation.places import official_folder
from training.examples import Example
from training.scorer import Judgement, read_annotations


@dataclass(frozen=True)
class Gold:
    """Annotated texts.

    Attributes:
        judgements: by id.
        texts: by id; empty where the files have none.
        names: of PTs by code, as far as they are known.
        notes: what a user should know about them.
    """

    judgements: Mapping[str, Judgement]
    texts: Mapping[str, str]
    names: Mapping[str, str]
    notes: tuple[str, ...] = ()


def read_gold(path: Path, split: str, terminology: Terminology | None) -> Gold:
    """Read annotations.

    Args:
        path: a folder in the official layout, a prepared folder, or a .jsonl file.
        split: of a folder that has several.
        terminology: lifts codes of LLTs to PTs, and names PTs.

    Raises:
        CorpusError: there is nothing to read, a row is malformed, or an id is there twice.
    """
    if path.is_file() and path.suffix != ".jsonl":
        raise CorpusError(f"{path} is one file of several: name its folder, or a .jsonl file")
    official = official_folder(path, split)
    gold = _official(official, terminology) if official else _prepared(path, split, terminology)
    if not gold.judgements:
        raise CorpusError(f"{path} holds no texts: there is nothing to score against")
    return gold


def read_seen(path: Path, terminology: Terminology | None) -> frozenset[str]:
    """Read the PT codes that training data has; rows at fault are passed over, as `prepare` does.

    Args:
        path: a folder in the official layout, a prepared folder, or a .jsonl file.
        terminology: lifts codes of LLTs to PTs.

    Raises:
        CorpusError: there is nothing to read.
    """
    official = official_folder(path, "train")
    if official:
        examples = [example for split in read_smm4h(official, ReadingLog()).values() for example in split]
    else:
        examples = read_split(path, "train")
    lift = terminology.llt_to_pt if terminology else {}
    codes = {span.ptid for example in examples for span in example.spans}
    return frozenset(lift.get(code, code) for code in codes if code is not None)


def _official(path: Path, terminology: Terminology | None) -> Gold:
    read = read_annotations(path, lift=terminology.llt_to_pt if terminology else None)
    notes = [
        *([f"{read.duplicates:,} rows of spans that repeat another were dropped"] if read.duplicates else []),
        *([f"{read.unknown:,} tweets that tweets.tsv does not have were dropped"] if read.unknown else []),
        *(["codes are compared as they stand; --terminology lifts LLTs to PTs"] if not terminology else []),
    ]
    return Gold(read.judgements, read.texts, terminology.pt_names if terminology else {}, tuple(notes))


def _prepared(path: Path, split: str, terminology: Terminology | None) -> Gold:
    examples = read_split(path, split)
    by_id: dict[str, Example] = {}
    for example in examples:
        if by_id.setdefault(example.id, example) is not example:
            raise CorpusError(
                f"{path}: the id {example.id!r} is there twice; ids must be unique to be scored"
            )
    names = {
        span.ptid: span.pt_name
        for example in examples
        for span in example.spans
        if span.ptid is not None and span.pt_name is not None
    }
    lift = terminology.llt_to_pt if terminology else {}
    return Gold(
        {id_: lifted(annotated(example), lift) for id_, example in by_id.items()},
        {id_: example.text for id_, example in by_id.items()},
        {**names, **(terminology.pt_names if terminology else {})},
    )
