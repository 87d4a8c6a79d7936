"""Make the file of the included labels from the TAC 2017 corpus: `python -m monitor.labels.build_included`.

The corpus has sentences of 101 drug labels with the PTs that people found in them. Only facts go into the
file: the name of a label, a section, and codes of PTs. Its ids name label and section, as in
`tac:train:ADCETRIS:adv:2`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from models.disk import replace_file
from models.terminology import packaged_pt_names
from monitor.labels.errors import LabelError
from monitor.labels.included import SECTIONS, label_drugs

OUT: Final = Path(__file__).parent / "data" / "tac2017_effects.tsv"

_HEAD: Final = """\
# PTs that the labels of the TAC 2017 corpus list, by label and section (Demner-Fushman et al., 2018; CC0).
# Made by `python -m monitor.labels.build_included`.
label\tsection\tptids
"""


def effects_of_corpus(lines: Iterable[str], place: str) -> Iterator[tuple[str, str, list[str]]]:
    """Yield label, section and the codes of its PTs, in the order of labels and sections.

    Args:
        lines: records of the corpus, as JSON Lines.
        place: their file, for messages.

    Raises:
        LabelError: a line is not a record of the corpus, or its label or a PT is not known.
    """
    drugs, names = label_drugs(), packaged_pt_names()
    codes: dict[tuple[str, str], set[str]] = {}
    for number, line in enumerate(lines, 1):
        here = f"{place}, line {number}"
        try:
            record = json.loads(line)
            _, _, label, section, _ = record["id"].split(":")
            ptids = {span["ptid"] for span in record["spans"] if span["ptid"]}
        except (ValueError, KeyError, TypeError) as error:
            raise LabelError(f"{here} is not a record of the corpus ({error})", "correct --corpus") from None
        if label not in drugs or section not in SECTIONS:
            raise LabelError(f"{here}: {label} {section} is not known", "add it to tac2017_drugs.tsv")
        if unknown := ptids - names.keys():
            raise LabelError(f"{here}: {min(unknown)} is not a PT of the default bundle", "leave it out")
        codes.setdefault((label, section), set()).update(ptids)
    for (label, section), listed in sorted(codes.items()):
        if listed:
            yield label, section, sorted(listed)


def main() -> None:
    """Read the corpus, and write the file."""
    parser = argparse.ArgumentParser(description="Make the file of the included labels.")
    parser.add_argument("corpus", type=Path, help="the corpus as JSON Lines")
    parser.add_argument("--out", type=Path, default=OUT, help="the file; by default that of the package")
    arguments = parser.parse_args()
    try:
        with arguments.corpus.open(encoding="utf-8") as lines:
            rows = [
                f"{label}\t{section}\t{' '.join(ptids)}\n"
                for label, section, ptids in effects_of_corpus(lines, str(arguments.corpus))
            ]
    except (LabelError, OSError) as error:
        sys.exit(f"error: {error}")
    replace_file(arguments.out, (_HEAD + "".join(rows)).encode())


if __name__ == "__main__":
    main()
