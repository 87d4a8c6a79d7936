"""`ade-train label`: first labels for unlabelled posts, from a language model behind a server."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from training.cli.console import figures_table, on_interrupt, print_json, print_note, print_table
from training.cli.options import Json
from training.cli.progress import progress_bar, working
from training.errors import RunError

if TYPE_CHECKING:
    from training.examples import Example
    from training.labelling import (
        LabelAgreement,
        LabelCounts,
        LabelledFile,
        LabelPrompt,
        ServerSettings,
        TermNames,
    )


def label_command(
    endpoint: Annotated[
        str, typer.Option(help="Address of an OpenAI-compatible chat API, such as http://localhost:8000/v1.")
    ],
    model: Annotated[str, typer.Option(help="Name of the model, as the server knows it.")],
    out: Annotated[Path, typer.Option(help="File of the labels, .jsonl. It is continued if it exists.")],
    texts: Annotated[
        list[Path] | None,
        typer.Option(help="Posts to label: .jsonl, .tsv, a prepared folder, or one a line. Can be repeated."),
    ] = None,
    terminology: Annotated[
        Path | None,
        typer.Option(help="Folder of a MedDRA ASCII release: the model also names PTs, which are looked up."),
    ] = None,
    agreement: Annotated[
        Path | None,
        typer.Option(
            metavar="GOLD",
            help="Also label these posts that people labelled, first, and print the agreement: a .jsonl file "
            "or a prepared folder.",
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="Which split of a folder GOLD.")] = "valid",
    concurrency: Annotated[int, typer.Option(min=1, max=1_000, help="Requests at once.")] = 4,
    rate: Annotated[float | None, typer.Option(min=0.01, help="Limit of requests per minute.")] = None,
    tries: Annotated[
        int, typer.Option(min=1, help="Answers that a model may give for a post before it is rejected.")
    ] = 3,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for an answer.")] = 120.0,
    price_in: Annotated[float | None, typer.Option(min=0, help="Price of a million tokens sent.")] = None,
    price_out: Annotated[
        float | None, typer.Option(min=0, help="Price of a million tokens received.")
    ] = None,
    retry_rejects: Annotated[
        bool, typer.Option("--retry-rejects", help="Ask again for posts that were rejected.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Start without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Label posts by a language model: adverse effects, their words and PTs. Never taken for gold.

    The labels are for `distill`, and for review. An API key is read from the environment variable
    ADE_LABEL_API_KEY. Posts are sent to the server: make sure that you may. The same command continues after
    Ctrl-C, and asks only for what is missing. Posts without a usable answer are in a file of rejects.
    """
    from training.labelling import KEY_VARIABLE, LabelledFile, LabelPrompt, ServerSettings

    if not texts and agreement is None:
        raise RunError(
            "there is nothing to label: name posts with --texts, or labelled ones with --agreement"
        )
    if out.suffix != ".jsonl" or out.is_dir():
        raise RunError(f"--out {out} must be a file whose name ends in .jsonl")
    prompt = LabelPrompt(with_terms=terminology is not None)
    server = ServerSettings(
        endpoint, model, os.environ.get(KEY_VARIABLE, "").strip() or None, timeout=timeout, per_minute=rate
    )
    server.url  # noqa: B018 - fails early if it is malformed
    terms = _read_terms(terminology) if terminology else None
    jobs = [
        _Job(path, read, LabelledFile(path, model=model, prompt=prompt.version, retry_rejects=retry_rejects))
        for path, read in _sources(texts or [], agreement, split, out)
    ]
    prices = (price_in or 0.0, price_out or 0.0)
    is_priced = price_in is not None or price_out is not None
    with on_interrupt(f"the same command continues; the labels so far are in {out}"):
        with working("counting the posts"):
            for job in jobs:
                with job.file as file:
                    job.estimate(file, prompt)
        _confirm(jobs, prices if is_priced else None, is_sure=yes)
        document: dict[str, Any] = {"out": str(out), "model": model, "prompt": prompt.version}
        for job in jobs:
            job.run(server, prompt, terms, concurrency=concurrency, tries=tries)
            if agreement is not None and job is jobs[0]:
                measured = _measure(agreement, split, job.path)
                document["agreement"] = measured.to_json()
                _store_agreement(job.path, document)
                if not as_json:
                    _print_agreement(measured)
    _report(jobs, document, prices if is_priced else None, as_json=as_json)


class _Job:
    """A file of labels and the posts that it is for."""

    def __init__(self, path: Path, read: Callable[[], Iterator[Example]], file: LabelledFile) -> None:
        from training.labelling import LabelCounts

        self.path = path
        self.file = file
        self.counts: LabelCounts = LabelCounts()
        self.posts = self.tokens_in = self.tokens_out = 0
        self._read = read

    def estimate(self, file: LabelledFile, prompt: LabelPrompt) -> None:
        """Count the posts that are missing, and the tokens that they will need."""
        for example in file.missing(self._read()):
            tokens_in, tokens_out = prompt.tokens(example)
            self.posts += 1
            self.tokens_in += tokens_in
            self.tokens_out += tokens_out

    def run(
        self,
        server: ServerSettings,
        prompt: LabelPrompt,
        terms: TermNames | None,
        *,
        concurrency: int,
        tries: int,
    ) -> None:
        """Label the posts that are missing."""
        from training.labelling import label_posts

        if not self.posts:
            return
        with self.file as file, progress_bar(self.posts, "posts") as advance:
            file.forget_rejects()
            label_posts(
                self._read(),
                file,
                server,
                prompt,
                terms=terms,
                concurrency=min(concurrency, self.posts),
                tries=tries,
                advance=advance,
                counts=self.counts,
            )


def _sources(
    texts: list[Path], agreement: Path | None, split: str, out: Path
) -> Iterator[tuple[Path, Callable[[], Iterator[Example]]]]:
    from training.corpora import read_split
    from training.evaluation import read_unlabelled

    if agreement is not None:
        gold = agreement
        yield out.with_suffix(".agreement.jsonl"), lambda: iter(read_split(gold, split))
    if texts:
        yield out, lambda: read_unlabelled(texts)


def _read_terms(folder: Path) -> TermNames:
    from models.terminology import read_release
    from training.labelling import TermNames

    release = read_release(folder)
    llts = {llt.name.lower(): llt.ptid for llt in release.llts if llt.ptid in release.pt_names}
    return TermNames({**llts, **release.codes_by_name()}, release.pt_names)


def _confirm(jobs: list[_Job], prices: tuple[float, float] | None, *, is_sure: bool) -> None:
    """Print what is left to do and what it will cost, and ask on a terminal whether to start."""
    posts = sum(job.posts for job in jobs)
    if not posts:
        print_note("all posts are labelled or rejected already")
        return
    tokens_in, tokens_out = sum(job.tokens_in for job in jobs), sum(job.tokens_out for job in jobs)
    cost = f", cost about {_cost(tokens_in, tokens_out, prices):,.2f}" if prices else ""
    print_note(
        f"posts to label: {posts:,}, about {tokens_in:,} tokens to send and {tokens_out:,} to receive{cost}"
    )
    if not is_sure and is_terminal() and not typer.confirm("Start?", err=True):
        raise typer.Exit(1)


def is_terminal() -> bool:
    """Return True if somebody can answer a question."""
    return sys.stdin.isatty()


def _cost(tokens_in: int, tokens_out: int, prices: tuple[float, float]) -> float:
    return (tokens_in * prices[0] + tokens_out * prices[1]) / 1e6


def _measure(gold: Path, split: str, path: Path) -> LabelAgreement:
    from training.corpora import read_split
    from training.labelling import measure_agreement

    labelled = read_split(path, split, allow_model_labels=True)
    by_text = {(example.context, example.text): example for example in labelled}
    return measure_agreement(read_split(gold, split), by_text)


def _store_agreement(path: Path, document: dict[str, Any]) -> None:
    from training.files import write_json

    write_json(path.with_suffix(".json"), {name: document[name] for name in ("model", "prompt", "agreement")})


def _print_agreement(agreement: LabelAgreement) -> None:
    def share(value: float | None) -> str:
        return "-" if value is None else f"{value:.3f}"

    low, high = agreement.interval or (None, None)
    rows = [("1a kappa", share(agreement.kappa), f"{share(low)} to {share(high)}")]
    rows += [
        (f"{name} F1", share(counts.f1 if counts.is_measured else None), "")
        for name, counts in agreement.scores.by_measure.items()
        if name in ("1a", "1b", "1b strict", "1c")
    ]
    title = f"agreement on {agreement.posts:,} posts"
    print_table(figures_table((title, "", "95 % interval"), rows))
    if agreement.missing:
        print_note(f"posts that the model could not label: {agreement.missing:,}")


def _report(
    jobs: list[_Job], document: dict[str, Any], prices: tuple[float, float] | None, *, as_json: bool
) -> None:
    tokens = [sum(job.counts.tokens_in for job in jobs), sum(job.counts.tokens_out for job in jobs)]
    cost = _cost(tokens[0], tokens[1], prices) if prices else None
    labels = next((job for job in jobs if job.path == Path(document["out"])), jobs[-1])
    document |= {"counts": asdict(labels.counts), "tokens": tokens, "cost": cost}
    for job in jobs:
        if job.counts.rejected:
            print_note(f"posts rejected: {job.counts.rejected:,}; the reasons are in {job.file.rejects_path}")
    print_note(f"the labels are in {labels.path}")
    if as_json:
        print_json(document)
        return
    rows = [(name.replace("_", " "), f"{value:,}") for name, value in asdict(labels.counts).items()]
    rows += [("cost", f"{cost:,.2f}")] if cost is not None else []
    print_table(figures_table(("", ""), rows))
