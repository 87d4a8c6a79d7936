"""`ade-train checklist`: what a model can do, and what it stumbles over, in small cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from training.cli.options import Device, NormalizerOption, Threads, Trunk
from training.cli.scorers import text_progress
from training.cli.stopping import told_when_stopped
from training.cli.tables import print_table
from training.errors import RunError

if TYPE_CHECKING:
    from training.checklist import ChecklistReport


def checklist_command(
    bundle: Annotated[
        str, typer.Argument(help="A bundle: its folder, or the name of one in the package; or dummy.")
    ],
    capability: Annotated[
        list[str] | None, typer.Option(help="Test this one alone; can be repeated. All by default.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Markdown file for the report.")] = None,
    failures: Annotated[
        int, typer.Option(min=0, help="Failing cases that the report shows of each capability.")
    ] = 5,
    fail_under: Annotated[
        float | None, typer.Option(help="End with status 1 if a pass rate is below this, such as 0.9.")
    ] = None,
    normalizer: NormalizerOption = None,
    device: Device = "auto",
    threads: Threads = 1,
    trunk: Trunk = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file at --out.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print everything, all failures too, as one JSON document.")
    ] = False,
) -> None:
    """Test what a model can do, in the way of CheckList (Ribeiro et al., 2020).

    Some 1,700 small cases by capability: negation, wish, cure, indication, typos, emoji, odd unicode, …
    MFT cases have one right answer; INV cases change a text in a way that must change nothing; DIR cases
    must make a report clearly less likely. The report shows text, expectation and prediction of failures.
    """
    from models.options import ServingOptions
    from models.scoring import load_scorer
    from training.checklist import checklist_cases, checklist_document, run_checklist
    from training.files import write_whole

    if fail_under is not None and not 0 <= fail_under <= 1:
        raise RunError(f"--fail-under is {fail_under}: it must be from 0 to 1, such as 0.9")
    if out and (out.is_dir() or (out.exists() and not overwrite)):
        mend = (
            "choose another file" if out.is_dir() else "choose another file, or replace it with --overwrite"
        )
        raise RunError(f"{out} is there already: {mend}")
    console = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
    texts = {text for case in checklist_cases(capability) for text in case.texts}
    options = ServingOptions(device, threads, trunk, normalizer, precision="fp32")
    scorer = load_scorer(bundle, options)
    with told_when_stopped(console), text_progress(len(texts), console) as advance:
        report = run_checklist(scorer, capability, advance=advance)
    if out:
        write_whole(out, checklist_document(report, failures=failures).encode())
    if as_json:
        typer.echo(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        _print(report)
    if out:
        console.print(f"wrote {escape(str(out))}")
    if fail_under is not None and (below := report.below(fail_under)):
        told = ", ".join(f"{one.name} {one.rate:.1%}" for one in below)
        console.print(f"below {fail_under:.1%}: {told}")
        raise typer.Exit(1)


def _print(report: ChecklistReport) -> None:
    from training.checklist.markdown import CHECKLIST_HEADINGS, checklist_rows

    table = Table(CHECKLIST_HEADINGS[0], box=None)
    for heading in CHECKLIST_HEADINGS[1:]:
        table.add_column(heading, justify="right")
    for row in checklist_rows(report):
        table.add_row(*row)
    print_table(table)
