"""`ade-monitor labels`: import product labels, and show which effects they list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.console import (
    add_row,
    counted,
    highlighted,
    new_table,
    print_error,
    print_json,
    print_line,
    print_note,
    print_table,
    status_line,
)
from monitor.cli.options import Bundle, Device, Threads, settings_of

if TYPE_CHECKING:
    from monitor.enrich.drugs import DrugMatcher
    from monitor.labels.importing import LabelImport
    from monitor.labels.label import ReadLabel
    from monitor.settings import Settings

labels_app = typer.Typer(no_args_is_help=True, help="Product labels: which effects of a drug are known.")

NOT_INCLUDED = "its sentence is not included"
"""What stands in the place of a sentence of a label that came without its sentences."""


@labels_app.command("import")
def labels_import_command(
    context: typer.Context,
    labels: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE...",
            help="openFDA JSON, DailyMed SPL (XML), an SmPC as PDF or DOCX, plain text; .zip of them.",
        ),
    ] = None,
    drug: Annotated[
        list[str] | None,
        typer.Option(
            "--drug",
            help="The drug of texts that do not name one; labels of other drugs are left out. Repeatable.",
        ),
    ] = None,
    included: Annotated[
        bool, typer.Option("--included", help="Import the 101 labels that are part of the package, too.")
    ] = False,
    bundle: Bundle = None,
    device: Device = None,
    threads: Threads = None,
) -> None:
    """Import labels: find the effects that they list, and keep them with section and sentence.

    A label that was imported before is replaced. Each label is stored in a transaction of its own, so after
    Ctrl-C whatever is finished stays. A label that cannot be read is reported, and the others go on. The
    login needs the rights of ade_admin.

    Example: [bold]ade-monitor labels import --included sertraline.json zoloft.xml[/]
    """
    from monitor.enrich.drugs import load_matcher
    from monitor.labels import canonical_drug

    if not labels and not included:
        raise typer.BadParameter("name a file of labels, or use --included")
    settings = settings_of(context, model__bundle=bundle, model__device=device, model__threads=threads)
    matcher = load_matcher(settings.enrich)
    drugs = {canonical_drug(name, matcher) for name in drug or ()}
    if "" in drugs:
        raise typer.BadParameter("--drug has no letter and no digit")
    if included:
        _import_included(settings, matcher, drugs)
    if labels:
        _import_files(settings, matcher, drugs, labels)


def _import_included(settings: Settings, matcher: DrugMatcher, drugs: set[str]) -> None:
    from monitor.labels.included import included_labels

    count = 0
    with status_line("importing the included labels") as show:
        for label in included_labels(matcher):
            if not drugs or label.drug in drugs:
                _store(settings, label)
                count += 1
                show(f"{count:,} included labels")
    print_line(f"imported {counted(count, 'included label')}")


def _import_files(settings: Settings, matcher: DrugMatcher, drugs: set[str], paths: list[Path]) -> None:
    from monitor.labels import LabelError
    from monitor.labels.effect_finder import load_finder
    from monitor.labels.importing import LabelImport

    model = settings.model
    finder = load_finder(
        model.bundle,
        device=model.device,
        threads=model.threads,
        normalizer=model.normalizer,
        trunk=model.trunk,
    )
    with status_line("reading labels") as show:
        work = LabelImport(finder, matcher, lambda label: _store(settings, label), drugs=drugs, advance=show)
        try:
            for outcome in work.import_files(paths):
                if isinstance(outcome, LabelError):
                    print_error(str(outcome))
                else:
                    effects = counted(len({effect.ptid for effect in outcome.effects}), "effect")
                    print_line(f"{outcome.label_id}: {outcome.drug}, {effects} ({outcome.place})")
        except KeyboardInterrupt:
            stored = counted(work.counts.labels, "imported label")
            print_note(f"stopped after {stored}: run the command again to go on")
            raise
    _print_counts(work)


def _print_counts(work: LabelImport) -> None:
    counts = work.counts
    print_line(f"imported {counted(counts.labels, 'label')} from {counted(counts.sentences, 'sentence')}")
    if counts.other_drugs:
        print_note(f"left out {counted(counts.other_drugs, 'label')} of other drugs")
    if counts.failures:
        failed = len(counts.failures)
        what = "1 file or label was" if failed == 1 else f"{failed:,} files or labels were"
        print_note(f"{what} not imported, see above")
        raise typer.Exit(1)


def _store(settings: Settings, label: ReadLabel) -> None:
    from monitor.store.label_import import replace_label

    replace_label(
        settings,
        label.label_id,
        label.drug,
        label.source,
        label.effects,
        title=label.title,
        version=label.version,
    )


@labels_app.command("list")
def labels_list_command(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines: one object for each label.")] = False,
) -> None:
    """List the imported labels."""
    from monitor.store.label_import import stored_labels

    stored = stored_labels(settings_of(context))
    if as_json:
        for label in stored:
            print_json(asdict(label) | {"imported_at": label.imported_at.isoformat()})
        return
    if not stored:
        print_note("no label is imported: `ade-monitor labels import --included` imports the first ones")
        return
    table = new_table("drug", "effects", "title", "version", "imported (UTC)", "id")
    for label in stored:
        imported = f"{label.imported_at:%Y-%m-%d %H:%M}"
        add_row(table, label.drug, f"{label.effects:,}", label.title, label.version, imported, label.label_id)
    print_table(table)


@labels_app.command("show")
def labels_show_command(
    context: typer.Context,
    drug: Annotated[str, typer.Argument(help="A drug, by any of its names.")],
    pt: Annotated[str | None, typer.Option(help="MedDRA PT: its code, or its name in any case.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines: one object for each effect.")] = False,
) -> None:
    """Show the effects that the labels of a drug list, with the sentences that name them.

    Example: [bold]ade-monitor labels show zoloft --pt Insomnia[/]
    """
    from monitor.store.label_import import shown_effects, stored_labels

    settings = settings_of(context)
    name = _canonical(settings, drug)
    count = 0
    table = new_table("PT", "section", "sentence", "label")
    for shown in shown_effects(settings, name, pt):
        count += 1
        effect = shown.effect
        if as_json:
            print_json({"drug": name, "label_id": shown.label_id, "title": shown.title, **asdict(effect)})
            continue
        span = (effect.start or 0, effect.end or 0)
        sentence = NOT_INCLUDED if effect.sentence is None else effect.sentence
        line = highlighted(sentence, span, style="bold") if effect.sentence else sentence
        add_row(table, f"{effect.pt_name} {effect.ptid}", effect.section, line, shown.title or shown.label_id)
    if count and not as_json:
        print_table(table)
    if not count:
        has_label = bool(stored_labels(settings, name))
        print_note(f"no label of {name} lists that" if has_label else f"no label of {name} is imported")
        raise typer.Exit(1)


@labels_app.command("remove")
def labels_remove_command(
    context: typer.Context,
    names: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Ids of labels as in `labels list`, or drugs.")
    ],
) -> None:
    """Remove labels, by their ids or by their drugs.

    Example: [bold]ade-monitor labels remove sertraline[/]
    """
    from monitor.store.label_import import remove_labels, stored_labels

    settings = settings_of(context)
    stored = stored_labels(settings)
    ids = {label.label_id for label in stored}
    chosen: set[str] = set()
    unknown: list[str] = []
    for name in names:
        drug = name if name in ids else _canonical(settings, name)
        matching = {label.label_id for label in stored if name == label.label_id or drug == label.drug}
        chosen |= matching
        unknown += [] if matching else [name]
    _print_removed(remove_labels(settings, chosen))
    if unknown:
        print_error(f"no label of {', '.join(unknown)}: `ade-monitor labels list` shows ids and drugs")
        raise typer.Exit(1)


def _print_removed(label_ids: Iterable[str]) -> None:
    for label_id in label_ids:
        print_line(f"removed {label_id}")


def _canonical(settings: Settings, name: str) -> str:
    from monitor.enrich.drugs import load_matcher
    from monitor.labels import canonical_drug

    return canonical_drug(name, load_matcher(settings.enrich))
