"""Reader of PHEE (Sun et al. 2022): sentences of case reports with events, without codes.

Layout of `data/json/train.json`, `dev.json` and `test.json`, one JSON record per line: `{"id": "PubMed
id_number", "context": sentence, "annotations": [{"events": [...]}]}`. An event has an `event_type`,
`Adverse_event` or `Potential_therapeutic_event`, and an `Effect`: `{"text": [["a piece", "another"], ["a
second effect"]], "start": [[3, 40], [60]]}`. With `"Negated": {"value": true}` it did not happen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from training.corpora.mentions import AnnotatedMention, read_characters
from training.corpora.passages import single_line
from training.corpora.reading_log import ReadingLog
from training.corpora.splits import split_from_name
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example


def read_phee(source: Path, log: ReadingLog) -> dict[str, list[Example]]:
    """Read a file, a folder of them, or the folder of the whole release; the document is the abstract.

    A sentence is positive if it has an adverse event that is not negated. Effects of therapeutic events do
    not count. A discontinuous effect becomes the smallest range that covers it.

    Raises:
        CorpusError: there are no such files, or a record is at fault and the log is strict.
    """
    splits: dict[str, list[Example]] = {}
    for path in _find_files(source):
        examples = splits.setdefault(split_from_name(path.stem) or "all", [])
        for number, line in enumerate(read_characters(path).split("\n"), 1):
            if not line.strip():
                continue
            try:
                examples.append(_parse_example(json.loads(line), path, number, log))
            except (ValueError, TypeError, AttributeError, KeyError) as error:
                log.drop("malformed row", path, number, f"not a record of PHEE ({error}): {line[:60]!r}")
    if not any(splits.values()):
        first = next((f" ({faults[0]})" for faults in log.places.values()), "")
        raise CorpusError(
            f"{source} holds no records of PHEE{first}: name the folder data/json of its release"
        )
    return splits


def _find_files(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    for folder in (source, source / "json", source / "data" / "json"):
        paths = sorted(path for path in folder.glob("*.json*") if split_from_name(path.stem))
        if paths:
            return paths
    raise CorpusError(f"{source} has no train.json, dev.json or test.json: name the folder data/json of PHEE")


def _parse_example(record: Any, path: Path, number: int, log: ReadingLog) -> Example:
    name, text = record["id"], record["context"]
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"context is {text!r}")
    # Half of a character ("\ud83d") is valid in JSON, but not in UTF-8.
    text.encode()
    log.count("sentences")
    is_adverse = False
    spans: dict[AnnotatedSpan, None] = {}
    for annotation in record["annotations"]:
        for event in annotation["events"]:
            log.count(f"events of type {event['event_type']}")
            if event["event_type"] != "Adverse_event":
                continue
            if (event.get("Negated") or {}).get("value"):
                log.note("negated effect", path, number, str(name))
                continue
            is_adverse = True
            for mention in _parse_effects(event.get("Effect"), number):
                fault = mention.fault_in(text)
                if fault is not None:
                    log.drop("offset mismatch", path, number, fault)
                    continue
                if mention.is_discontinuous_in(text):
                    covered = text[mention.start : mention.end]
                    log.note("discontinuous span, covered by one range", path, number, repr(covered[:60]))
                spans[AnnotatedSpan(mention.start, mention.end)] = None
    log.count("spans", len(spans))
    ordered = tuple(sorted(spans, key=lambda span: (span.start, span.end)))
    document = str(name).rpartition("_")[0] or str(name)
    return Example(str(name), single_line(text), int(is_adverse), ordered, document)


def _parse_effects(effect: Mapping[str, Any] | None, number: int) -> Iterator[AnnotatedMention]:
    if effect is None:
        return
    for texts, starts in zip(effect["text"], effect["start"], strict=True):
        parts = tuple((start, start + len(text)) for text, start in zip(texts, starts, strict=True))
        if parts:
            yield AnnotatedMention(parts, " ".join(texts), number)
