"""`ade-train write-tweets`: a corpus of generated tweets, of any size and prevalence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training.cli.console import err, print_table, print_written
from training.cli.corpus_tables import corpus_table
from training.errors import RunError


def write_tweets_command(
    out: Annotated[
        Path, typer.Option(help="Folder for train.jsonl, valid.jsonl, test.jsonl and corpus.json.")
    ],
    terminology: Annotated[Path, typer.Option(help="Folder of a MedDRA ASCII release, for the PTs' codes.")],
    lay_phrases: Annotated[
        Path | None,
        typer.Option(help="Patients' phrases with PT codes (TSV), used in addition to the built-in ones."),
    ] = None,
    count: Annotated[
        int, typer.Option(help="Tweets for training; validation and test get another tenth each.", min=1)
    ] = 17_385,
    prevalence: Annotated[float, typer.Option(help="Share of tweets that report an adverse effect.")] = 0.071,
    seed: Annotated[int, typer.Option(help="Another seed gives other tweets.")] = 1,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another prepared corpus at --out.")
    ] = False,
) -> None:
    """Generate tweets from a grammar and from composed texts, for training, trials and benchmarks.

    The defaults have the size and the prevalence of SMM4H 2021. Training, validation and test share no
    template, no composed text and no phrase. The same options give the same tweets. "document" in the files
    names what a tweet was made of, such as "indication:12".
    """
    if not 0 <= prevalence <= 1:
        raise RunError(f"--prevalence is {prevalence}: it must be from 0 to 1")
    from training.corpora import require_corpus_folder, write_corpus

    require_corpus_folder(out)
    from models.terminology import read_release
    from training.corpora import ReadingLog, lift_codes, read_lay_phrases
    from training.synthetic import generate_tweets

    release = read_release(terminology)
    positives = round(count * prevalence)
    with err.status(f"generating {count:,} tweets"):
        tweets = generate_tweets(
            release,
            read_lay_phrases(lay_phrases) if lay_phrases else (),
            positives=positives,
            negatives=count - positives,
            seed=seed,
        )
    log = ReadingLog()
    sides = {"train": tweets.training, "valid": tweets.validation, "test": tweets.test}
    splits = {name: lift_codes(side, release, terminology, log) for name, side in sides.items()}
    about = {"format": "written tweets", "count": count, "prevalence": prevalence, "seed": seed}
    write_corpus(out, splits, log, about=about, overwrite=overwrite)
    print_table(corpus_table(splits))
    print_written(out)
