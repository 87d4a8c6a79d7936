"""`ade-train checklist`: what a model can do, and where it fails, in small cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.cli.console import (
    figures_table,
    on_interrupt,
    print_json,
    print_note,
    print_table,
    print_written,
)
from training.cli.options import ChosenNormalizer, Device, Threads, Trunk
from training.cli.progress import progress_bar
from training.errors import RunError

if TYPE_CHECKING:
    from training.checklist import ChecklistReport


def checklist_command(
    bundle: Annotated[
        str, typer.Argument(help="A bundle: its folder, or the name of one in the package; or dummy.")
    ],
    capability: Annotated[
        list[str] | None, typer.Option(help="Test only this one; can be repeated. All by default.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Markdown file for the report.")] = None,
    failures: Annotated[
        int, typer.Option(min=0, help="Failing cases that the report shows of each capability.")
    ] = 5,
    fail_under: Annotated[
        float | None, typer.Option(help="Exit with status 1 if a pass rate is below this, such as 0.9.")
    ] = None,
    normalizer: ChosenNormalizer = None,
    device: Device = "auto",
    threads: Threads = 1,
    trunk: Trunk = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file at --out.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print everything, with all failures, as one JSON document.")
    ] = False,
) -> None:
    """Test what a model can do, in the way of CheckList (Ribeiro et al., 2020).

    Some 1,700 small cases by capability: negation, wish, cure, indication, typos, emoji, odd unicode, …
    MFT cases have one right answer. INV cases change a text in a way that must change nothing. DIR cases
    must make a report clearly less likely. The report shows text, expectation and prediction of failures.
    """
    from models.options import ServingOptions
    from models.scoring import load_scorer
    from training.checklist import checklist_cases, checklist_document, run_checklist
    from training.files import require_new_file, write_file

    if fail_under is not None and not 0 <= fail_under <= 1:
        raise RunError(f"--fail-under is {fail_under}: it must be from 0 to 1, such as 0.9")
    if out:
        require_new_file(out, overwrite=overwrite)
    texts = {text for case in checklist_cases(capability) for text in case.texts}
    scorer = load_scorer(bundle, ServingOptions(device, threads, trunk, normalizer, precision="fp32"))
    with on_interrupt(), progress_bar(len(texts)) as advance:
        report = run_checklist(scorer, capability, advance=advance)
    if out:
        write_file(out, checklist_document(report, failures=failures).encode())
    if as_json:
        print_json(report.to_json())
    else:
        _print(report)
    if out:
        print_written(out)
    if fail_under is not None and (below := report.below(fail_under)):
        rates = ", ".join(f"{result.name} {result.rate:.1%}" for result in below)
        print_note(f"below {fail_under:.1%}: {rates}")
        raise typer.Exit(1)


def _print(report: ChecklistReport) -> None:
    from training.checklist import CHECKLIST_HEADINGS, checklist_rows

    print_table(figures_table(CHECKLIST_HEADINGS, checklist_rows(report)))
