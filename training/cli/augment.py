"""`ade-train augment`: more positive texts, made from the existing ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training.augmentation import KINDS, Kind, Synonyms, augment, open_wordnet
from training.cli.console import on_interrupt, print_note, print_table, print_written
from training.cli.corpus_tables import corpus_table
from training.cli.progress import progress_bar
from training.errors import RunError
from training.examples import Example


def augment_command(
    source: Annotated[Path, typer.Argument(help="A file of JSON Lines, or a prepared folder.")],
    out: Annotated[Path, typer.Option(help="The new file: the existing texts, then the new ones.")],
    split: Annotated[
        str, typer.Option(help="Which split of a prepared folder: train, valid (dev), test or all.")
    ] = "train",
    per_positive: Annotated[int, typer.Option(help="New texts for each positive.")] = 5,
    seed: Annotated[int, typer.Option(help="Another seed gives other texts.")] = 1,
    wordnet: Annotated[
        Path | None, typer.Option(help="Folder of WordNet; by default where the system has it.")
    ] = None,
    only: Annotated[
        str, typer.Option(help="The transformations to use, separated by commas.", metavar="KIND,KIND")
    ] = ",".join(KINDS),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file at --out.")] = False,
) -> None:
    """Make five new texts from each positive, by typing errors, synonyms and CheckList's changes.

    A CheckList change replaces a place or a number, or expands a contraction. The transformations alternate;
    if one finds nothing to change, the next one takes its turn. Spans move along with their words and keep
    their codes. The same seed gives the same texts. Synonyms need WordNet: `apt-get install wordnet-base`.
    """
    from training.corpora import read_split, to_jsonl, write_examples
    from training.files import require_new_file

    kinds = _parse_kinds(only)
    if per_positive < 1:
        raise RunError(f"--per-positive is {per_positive}: it must be 1 or more")
    if out.is_dir() or (out.exists() and source.exists() and out.samefile(source)):
        raise RunError(f"--out {out} is {'a folder' if out.is_dir() else 'the source'}: name another file")
    synonyms: Synonyms | None = open_wordnet(wordnet) if "synonym" in kinds else None
    before = read_split(source, split)
    positives = [example for example in before if example.label]
    new: list[Example] = []
    with on_interrupt():
        with progress_bar(len(positives), "positives") as advance:
            for example in positives:
                new += augment([example], per_positive=per_positive, seed=seed, wordnet=synonyms, only=kinds)
                advance(1)
        after = [*before, *new]
        is_same = out.exists() and out.read_bytes() == to_jsonl(after)
        require_new_file(out, overwrite=overwrite or is_same)
        write_examples(out, after)
    print_table(corpus_table({"before": before, "new": new, "after": after}))
    expected = per_positive * len(positives)
    if len(new) < expected:
        print_note(f"{expected - len(new):,} of {expected:,} could not be made: their texts yield no more")
    print_written(out)


def _parse_kinds(only: str) -> list[Kind]:
    names = [name.strip() for name in only.split(",")]
    for name in names:
        if name not in KINDS:
            raise RunError(
                f"--only names {name!r}, which is not a transformation: choose from {', '.join(KINDS)}"
            )
    return [kind for kind in KINDS if kind in names]
