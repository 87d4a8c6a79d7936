"""Reader of reviews that the monitor exports: what people decided about its predictions, in JSON Lines.

`{"id", "text", "context", "decision", "label", "spans": [{"start", "end", "text", "ptid", "pt_name"}],
"reviewer", "reviewed_at", "bundle"}`. `decision` is `confirmed` (the prediction is right), `corrected` (label
and spans are the reviewer's), `rejected` (the post reports no adverse effect) or `unclear`. In all of them,
label and spans are what holds after the review, so they are read the same way. `bundle` is the version that
made the prediction. Offsets count code points.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Final

from training.corpora.corpus_options import CorpusOptions
from training.corpora.effect_labels import parse_class
from training.corpora.reading_log import ReadingLog
from training.corpora.span_records import RawText, examples_of, first_string, json_records, parse_spans
from training.corpora.splits import split_from_name
from training.errors import CorpusError
from training.examples import Example

DECISIONS: Final = ("confirmed", "corrected", "rejected", "unclear")
_OPTIONS: Final = CorpusOptions(offsets="codepoints")


def read_reviews(source: Path, log: ReadingLog) -> dict[str, list[Example]]:
    """Read a file, or a folder of them.

    Posts that a reviewer found unclear are left out. If a post was reviewed several times, the last review in
    the file counts, unless two reviewers disagree about its label: then the post is left out.

    Raises:
        CorpusError: there is no such file, or the log is strict and a record is at fault.
    """
    paths = [source] if source.is_file() else sorted(source.rglob("*.jsonl"))
    if not paths:
        raise CorpusError(f"{source} has no .jsonl file: name the file of exported reviews")
    splits: dict[str, list[Example]] = {}
    for path in paths:
        examples = examples_of(_read_file(path, log), path, _OPTIONS, log)
        splits.setdefault(split_from_name(path.stem) or "all", []).extend(examples)
    return splits


def _read_file(path: Path, log: ReadingLog) -> list[RawText]:
    latest: dict[str, RawText] = {}
    labels: defaultdict[str, dict[str, int]] = defaultdict(dict)  # by post and by reviewer
    decisions: Counter[str] = Counter()
    for line, record in json_records(path, log):
        try:
            decision, reviewer, text = _parse(record, line)
        except ValueError as error:
            log.drop("malformed record", path, line, str(error))
            continue
        decisions[decision] += 1
        if decision == "unclear" or text.label is None:
            log.note("review without a decision", path, line, f"post {text.id} is unclear")
            continue
        latest.pop(text.id, None)
        latest[text.id] = text
        labels[text.id][reviewer] = text.label
    for decision, count in decisions.items():
        log.count(f"reviews: {decision}", count)
    for post, by_reviewer in labels.items():
        if len(set(by_reviewer.values())) > 1:
            detail = f"post {post} has another label from another reviewer"
            log.note("reviewers disagree, post left out", path, latest.pop(post).line, detail)
    return list(latest.values())


def _parse(record: Any, line: int) -> tuple[str, str, RawText]:
    if not isinstance(record, dict):
        raise ValueError("the record is not an object")
    if not isinstance(record.get("text"), str):
        raise ValueError("there is no text")
    decision = record.get("decision")
    if decision not in DECISIONS:
        raise ValueError(f"decision is {decision!r}: it must be one of {', '.join(DECISIONS)}")
    label = 0 if decision == "rejected" else parse_class(record.get("label"))
    if label is None and decision != "unclear":
        raise ValueError(f"label is {record.get('label')!r}: write ADE or NoADE, or 1 or 0")
    text = RawText(
        id=first_string(record, ("id",)) or str(line),
        text=record["text"],
        spans=parse_spans(record.get("spans")) if label else (),
        label=label,
        context=first_string(record, ("context",)),
        line=line,
    )
    return decision, first_string(record, ("reviewer",)), text
