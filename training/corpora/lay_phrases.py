"""Reader of lay phrases and their meanings: `lay_phrases.tsv`, tab-separated with a header."""

from __future__ import annotations

import csv
from pathlib import Path

from training.errors import CorpusError
from training.examples import CodedPhrase

_COLUMNS = ("mention", "concept_name", "pt_code")


def read_lay_phrases(path: Path) -> list[CodedPhrase]:
    """Read the phrases that have a PT, in lower case, each once.

    Raises:
        CorpusError: the file is missing, lacks a column, or a row has another number of fields.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except OSError as error:
        raise CorpusError(f"{path} cannot be read ({error.strerror}): check the corpora folder") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"{path} is not a table in UTF-8 ({error}): copy it again") from None
    header = rows[0] if rows else []
    missing = [name for name in _COLUMNS if name not in header]
    if missing:
        raise CorpusError(f"{path} lacks the column {missing[0]}: its header is {header}")
    mention, code = header.index("mention"), header.index("pt_code")
    phrases: dict[CodedPhrase, None] = {}
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            raise CorpusError(f"{path}, line {number}: {len(row)} fields instead of {len(header)}")
        if row[mention].strip() and row[code]:
            phrases[CodedPhrase(row[mention].strip().lower(), row[code])] = None
    return list(phrases)
