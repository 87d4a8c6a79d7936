"""Reader of ADE-Corpus-V2 (Gurulingappa et al. 2012): sentences of case reports from PubMed, without codes.

Layout, with `|` between the fields: `DRUG-AE.rel` has a row for each pair of drug and effect in a sentence
(PubMed id, sentence, effect, its begin and end, drug, its begin and end). Its offsets count in the abstract,
which is not part of the corpus. `ADE-NEG.txt` has one sentence without effect per line: PubMed id, blank,
`NEG`, blank, sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from training.corpora.mentions import find_phrase, read_characters
from training.corpora.passages import single_line
from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

_POSITIVES = "DRUG-AE.rel"
_NEGATIVES = "ADE-NEG.txt"
_NEGATIVE = re.compile(r"(\d+)\s+NEG\s+(\S.*)")
_FIELDS = 8


@dataclass(frozen=True, slots=True)
class _Pair:
    """A row of DRUG-AE.rel."""

    line: int
    pubmed: str
    sentence: str
    effect: str
    effect_begin: int
    drug: str
    drug_begin: int


def read_ade_v2(source: Path, log: ReadingLog) -> dict[str, list[Example]]:
    """Read the two files of a folder; the document of a sentence is its abstract.

    Raises:
        CorpusError: neither file exists, or a row is at fault and the log is strict.
    """
    positives, negatives = source / _POSITIVES, source / _NEGATIVES
    if not positives.is_file() and not negatives.is_file():
        raise CorpusError(
            f"{source} has neither {_POSITIVES} nor {_NEGATIVES}: name the folder that has both"
        )
    examples = _positive_examples(positives, log) if positives.is_file() else []
    if not positives.is_file() or not negatives.is_file():
        missing = negatives if positives.is_file() else positives
        log.drop("missing file", missing, None, "it is not in the folder, so half of the corpus is left out")
        if missing == negatives:
            return {"all": examples}
    known = {(example.document, example.text) for example in examples}
    for number, line in enumerate(read_characters(negatives).splitlines(), 1):
        if not line.strip():
            continue
        match = _NEGATIVE.fullmatch(line.strip())
        if match is None:
            log.drop("malformed row", negatives, number, f"not 'PubMed-id NEG sentence': {line[:60]!r}")
            continue
        document, text = match.group(1), single_line(match.group(2))
        if (document, text) in known:
            detail = f"{text[:60]!r} is in {_POSITIVES} too"
            log.drop("both with and without an effect", negatives, number, detail)
            continue
        log.count("rows without an effect")
        examples.append(Example(f"ade2:{document}:n{number}", text, 0, document=document))
    return {"all": examples}


def _positive_examples(path: Path, log: ReadingLog) -> list[Example]:
    sentences: dict[tuple[str, str], list[_Pair]] = {}
    for number, line in enumerate(read_characters(path).splitlines(), 1):
        if not line.strip():
            continue
        pair = _parse_pair(line, number)
        if pair is None:
            log.drop("malformed row", path, number, f"not {_FIELDS} fields separated by |: {line[:60]!r}")
            continue
        log.count("rows of drug and effect")
        sentences.setdefault((pair.pubmed, pair.sentence), []).append(pair)
    examples = []
    for (pubmed, sentence), pairs in sentences.items():
        spans: dict[AnnotatedSpan, None] = {}
        for pair in pairs:
            place = _locate_effect(pair, sentence)
            if place is None:
                log.drop("offset mismatch", path, pair.line, f"{pair.effect!r} is not in {sentence[:60]!r}")
            else:
                spans[AnnotatedSpan(*place)] = None
        log.count("spans", len(spans))
        ordered = tuple(sorted(spans, key=lambda span: (span.start, span.end)))
        name = f"ade2:{pubmed}:{pairs[0].line}"
        examples.append(Example(name, single_line(sentence), 1, ordered, pubmed))
    return examples


def _parse_pair(line: str, number: int) -> _Pair | None:
    fields = line.split("|")
    if len(fields) < _FIELDS:
        return None
    # A sentence may contain a bar itself; the six fields after it do not.
    pubmed, sentence = fields[0].strip(), "|".join(fields[1:-6]).strip()
    effect, effect_begin, _, drug, drug_begin, _ = (field.strip() for field in fields[-6:])
    try:
        begins = int(effect_begin), int(drug_begin)
    except ValueError:
        return None
    if not (pubmed and sentence and effect):
        return None
    return _Pair(number, pubmed, sentence, effect, begins[0], drug, begins[1])


def _locate_effect(pair: _Pair, sentence: str) -> tuple[int, int] | None:
    """Find the effect; of several places, the one as far from the drug as it is in the abstract."""
    effects = find_phrase(pair.effect, sentence)
    distance = pair.effect_begin - pair.drug_begin
    drugs = {start for start, _ in find_phrase(pair.drug, sentence)}
    for place in effects:
        if place[0] - distance in drugs:
            return place
    return effects[0] if effects else None
