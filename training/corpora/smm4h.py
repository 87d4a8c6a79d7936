"""Reader of the official files of the SMM4H shared tasks, 2019 to 2022.

2021 and 2022: `tweets.tsv` (tweet_id, text), `class.tsv` (tweet_id, ADE or NoADE), `spans.tsv` (tweet_id,
type, start, end, span), `spans_norm.tsv` (the same and a MedDRA code), with or without a header, in a folder
for each split. 2019 and 2020: a file for each task and split with a header: the Classifier's (tweet_id,
user_id, class, tweet), the Extractor's and Normalizer's (tweet_id, begin, end, type, extraction, drug, tweet,
meddra_code, meddra_term), where tweets without an adverse effect leave the span's columns empty. Columns are
known by the header, where there is one, else by the file's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from training.corpora.reading import ReadingLog
from training.corpora.splits import SPLITS, split_named
from training.corpora.tsv import Table, open_table
from training.corpora.tweets import AnnotatedTweets
from training.errors import CorpusError
from training.examples import Example

_SPAN = ("tweet_id", "type", "start", "end", "span")
# Told by what a file's name holds, tried in this order.
_UNNAMED = {
    "norm": (*_SPAN, "code"),
    "span": _SPAN,
    "class": ("tweet_id", "label"),
    "label": ("tweet_id", "label"),
    "tweet": ("tweet_id", "text"),
}


def read_smm4h(source: Path, log: ReadingLog) -> dict[str, list[Example]]:
    """Read a file, a folder of one split, or a folder with the splits in folders or files of their own.

    A split is known by the name of a file or folder that begins with train, dev, valid or test. A split
    without labels, such as a test set before the evaluation, is told and left out.

    Raises:
        CorpusError: there are no such files; or the log is strict, and a row is at fault.
    """
    tweets: dict[str, AnnotatedTweets] = {}
    for path, split in _files(source):
        table = open_table(path, _columns_by_name(path), log)
        if table is not None:
            log.read("files")
            _take(table, tweets.setdefault(split, AnnotatedTweets()), log)
    splits = {}
    for split in sorted(tweets, key=SPLITS.index):
        if not tweets[split].is_labelled:
            if tweets[split]:
                detail = f"{len(tweets[split])} tweets of {split}: their class.tsv or spans.tsv is not there"
                log.note("tweets without labels", source, None, detail)
            continue
        splits[split] = tweets[split].examples(log)
    return splits


def _files(source: Path) -> Iterator[tuple[Path, str]]:
    if source.is_file():
        yield source, split_named(source.stem) or "all"
        return
    paths = sorted(path for path in source.rglob("*.tsv") if not path.name.startswith("."))
    if not paths:
        raise CorpusError(
            f"{source} has no .tsv files: give the folder with the official files, such as train/tweets.tsv"
        )
    for path in paths:
        parts = path.relative_to(source).with_suffix("").parts
        named = (split_named(part) for part in reversed(parts))
        yield path, next((split for split in named if split), "all")


def _columns_by_name(path: Path) -> tuple[str, ...] | None:
    name = path.stem.lower()
    return next((columns for mark, columns in _UNNAMED.items() if mark in name), None)


def _take(table: Table, tweets: AnnotatedTweets, log: ReadingLog) -> None:
    columns = set(table.columns)
    if not columns & {"text", "label", "start"}:
        log.drop(
            "unknown columns", table.path, 1, f"no tweet, class or span among {', '.join(table.columns)}"
        )
        return
    for row in table.rows(log):
        tweet_id = row.values["tweet_id"].strip()
        if "text" in columns:
            tweets.add_text(tweet_id, row.values["text"], table.path, row.line, log)
        if "label" in columns:
            tweets.add_label(tweet_id, row.values["label"], table.path, row.line, log)
        if "start" in columns:
            tweets.add_span(tweet_id, row, table.path, log, may_be_empty="text" in columns)
