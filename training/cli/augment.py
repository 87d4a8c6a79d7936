"""`ade-train augment`: more positive texts, made of the ones there are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import track

from training.augmentation import KINDS, Kind, Synonyms, augment, open_wordnet
from training.cli.stopping import told_when_stopped
from training.cli.tables import corpus_table, print_table
from training.corpora.prepared import read_split, to_jsonl, write_examples
from training.errors import RunError
from training.examples import Example


def augment_command(
    source: Annotated[Path, typer.Argument(help="A file of JSON Lines, or a prepared folder.")],
    out: Annotated[Path, typer.Option(help="The new file: all texts that there were, then the new ones.")],
    split: Annotated[str, typer.Option(help="Which split of a prepared folder.")] = "train",
    per_positive: Annotated[int, typer.Option(help="New texts for each positive.")] = 5,
    seed: Annotated[int, typer.Option(help="Another seed gives other texts.")] = 1,
    wordnet: Annotated[
        Path | None, typer.Option(help="Folder of a WordNet; without it, the one of this machine is found.")
    ] = None,
    only: Annotated[
        str, typer.Option(help="The transformations to use, separated by commas.", metavar="KIND,KIND")
    ] = ",".join(KINDS),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file at --out.")] = False,
) -> None:
    """Make five new texts of each positive, by typing errors, synonyms and CheckList's changes.

    A CheckList change replaces a place or a number, or writes a contraction out. The transformations take
    turns; where one finds nothing to change, the next does its part. Spans move along with their words and
    keep their codes. The same seed gives the same texts. Synonyms need WordNet, which `apt-get install
    wordnet-base` brings.
    """
    kinds = _kinds(only)
    if per_positive < 1:
        raise RunError(f"--per-positive is {per_positive}: it must be 1 or more")
    if out.is_dir() or (out.exists() and source.exists() and out.samefile(source)):
        raise RunError(f"--out {out} is {'a folder' if out.is_dir() else 'the source'}: name another file")
    console = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
    synonyms: Synonyms | None = open_wordnet(wordnet) if "synonym" in kinds else None
    before = read_split(source, split)
    new: list[Example] = []
    with told_when_stopped(console):
        positives = [example for example in before if example.label]
        quiet = not console.is_terminal
        for example in track(positives, "positives", console=console, transient=True, disable=quiet):
            new += augment([example], per_positive=per_positive, seed=seed, wordnet=synonyms, only=kinds)
        after = [*before, *new]
        if out.exists() and not overwrite and out.read_bytes() != to_jsonl(after):
            raise RunError(f"{out} is there already: name another file, or replace it with --overwrite")
        write_examples(out, after)
    print_table(corpus_table({"before": before, "new": new, "after": after}))
    wanted = per_positive * len(positives)
    if len(new) < wanted:
        console.print(f"{wanted - len(new):,} of {wanted:,} could not be made: their texts yield no more")
    console.print(f"wrote {escape(str(out))}")


def _kinds(only: str) -> list[Kind]:
    asked = [name.strip() for name in only.split(",")]
    for name in asked:
        if name not in KINDS:
            raise RunError(f"--only names {name!r}, which is no transformation: choose of {', '.join(KINDS)}")
    return [kind for kind in KINDS if kind in asked]
