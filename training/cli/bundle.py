"""`ade-train bundle`: show, join or quantize bundles, search a MedDRA release, state languages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from training.cli.bundle_add_exit import bundle_add_exit_command
from training.cli.bundle_add_reader import bundle_add_reader_command
from training.cli.bundle_quantize import bundle_quantize_command
from training.cli.console import (
    figures_table,
    on_interrupt,
    print_json,
    print_line,
    print_note,
    print_table,
)
from training.cli.options import Device, Threads, Trunk, open_bundle
from training.cli.progress import progress_bar

if TYPE_CHECKING:
    from models.bundle import BundleConfig, EarlyExit, Retrieval, SecondReader, TerminologyChange

_MAX_NAMED: Final = 5  # labels that a note names

bundle_app = typer.Typer(
    help="Show, join or quantize bundles, let one search a MedDRA release, or state its languages.",
    no_args_is_help=True,
)


@bundle_app.command("show")
def bundle_show_command(
    bundle: Annotated[str, typer.Argument(help="Folder of a bundle, or a bundle of the package: default.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print it as one JSON document.")] = False,
) -> None:
    """Show version, languages, encoder, thresholds, classes and names of a bundle; load no weights."""
    from models.bundle import count_names, read_config, read_labels, read_second_config
    from models.scoring import bundle_folder

    folder = bundle_folder(bundle)
    config = read_config(folder)
    names = count_names(folder) if config.retrieval else None
    second = read_second_config(folder, config)
    facts = _facts(config, second, len(read_labels(folder, config)), names)
    if as_json:
        print_json(facts)
        return
    rows = [(name.replace("_", " "), "-" if value is None else str(value)) for name, value in facts.items()]
    print_table(figures_table(("", ""), rows, left=2))


@bundle_app.command("set-terminology")
def bundle_set_terminology_command(
    bundle: Annotated[
        str,
        typer.Argument(
            help="Folder of a bundle with a retriever, which is changed. With --out, also one of the package."
        ),
    ],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a MedDRA ASCII release.")],
    out: Annotated[
        Path | None, typer.Option(help="Leave the bundle as it is, and write the changed one here.")
    ] = None,
    device: Device = "auto",
    threads: Threads = 1,
    trunk: Trunk = None,
) -> None:
    """Make a bundle code spans with all terms of a MedDRA release, without training.

    The bundle's own network embeds all PT and LLT names. They are stored in the bundle, with their codes and
    the hierarchy, and the bundle gets a new version. After Ctrl-C the bundle is as it was.
    """
    from models.bundle import require_retriever
    from models.scoring import bundle_to_change

    source = bundle_to_change(bundle, out)
    require_retriever(source)
    from models.bundle import searched_names, set_terminology
    from models.scoring import make_span_reader
    from models.terminology import read_release

    terminology = read_release(folder)
    opened = open_bundle(source, device=device, threads=threads, trunk=trunk)
    total = len(searched_names(opened.bundle.labels, terminology))
    with on_interrupt("the bundle is as it was"), progress_bar(total, "names") as advance:
        reader = make_span_reader(opened.bundle, opened.device)
        change = set_terminology(opened.bundle, terminology, reader, out=out, advance=advance)
    print_line(f"{change.before} -> {change.after}")
    release = f"MedDRA {terminology.version}" if terminology.version else "a release of unknown version"
    print_note(f"{out or source} searches {total:,} names of {release}")
    for note in _notes(change):
        print_note(note)


@bundle_app.command("set-languages")
def bundle_set_languages_command(
    bundle: Annotated[
        str,
        typer.Argument(help="Folder of a bundle, which is changed. With --out, also one of the package."),
    ],
    languages: Annotated[
        str,
        typer.Argument(metavar="LANGS", help="Languages of its training texts, such as en,es; * for any."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Leave the bundle as it is, and write the changed one here.")
    ] = None,
) -> None:
    """State which languages a bundle was trained on. By default, workers skip posts in other languages.

    With *, nothing is stated, and workers score everything. The version of the bundle stays the same.
    """
    from models.bundle import set_languages
    from models.languages import parse_languages
    from models.scoring import bundle_to_change

    try:
        codes = parse_languages(tag for tag in languages.split(",") if tag.strip())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    source = bundle_to_change(bundle, out)
    version = set_languages(source, codes, out)
    print_line(f"{version}: {', '.join(codes) or 'no languages stated'}")


bundle_app.command("add-reader")(bundle_add_reader_command)
bundle_app.command("quantize")(bundle_quantize_command)
bundle_app.command("add-exit")(bundle_add_exit_command)


def _facts(
    config: BundleConfig, second: BundleConfig | None, classes: int, names: int | None
) -> dict[str, Any]:
    retrieval = config.retrieval
    return {
        "version": config.version,
        "format": config.format_version,
        "languages": ", ".join(config.languages) if config.languages else "not stated",
        "encoder": config.encoder,
        "carries_its_encoder": config.carries_trunk,
        "frozen_layers": config.frozen_layers,
        "stored_layers": _stored_layers(config),
        "max_tokens": config.max_tokens,
        "classifiers": config.ensemble.classifiers if config.ensemble else 1,
        "classifier_threshold": config.thresholds.classifier,
        "normalizer_threshold": config.effective_thresholds.normalizer,
        "feedback": config.options.feedback,
        "drop_uncoded": config.options.drop_uncoded,
        "context": config.options.context,
        "reads_context": config.options.reads_context,
        "classes": classes,
        "normalizer": config.choice,
        "retriever_layers": retrieval.layers if retrieval else None,
        "searched_names": names,
        "release": _release(retrieval) if retrieval else None,
        "early_exit": _early_exit(config.early_exit) if config.early_exit else None,
        "quantized": config.quantization.scheme if config.quantization else None,
        **(_second_facts(config.second_reader, second) if config.second_reader and second else {}),
    }


def _second_facts(section: SecondReader, second: BundleConfig) -> dict[str, Any]:
    """Describe the second reader of a bundle, and how both decide together."""
    return {
        "second_reader": second.version,
        "second_encoder": second.encoder,
        "second_layers": _stored_layers(second),
        "second_max_tokens": second.max_tokens,
        "second_reads_from": section.reads_from,
        "log_odds": f"{section.first:.3f} first + {section.second:.3f} second {section.bias:+.3f}",
        "spans": section.spans,
        "codes": section.codes,
    }


def _stored_layers(config: BundleConfig) -> str:
    """Describe how the layers are stored that are not the encoder's own."""
    count = config.architecture.num_hidden_layers - config.untouched_layers
    if config.adapters is None:
        return f"the last {count}, whole" if count else "none"
    return f"the last {count}, as adapters of rank {config.adapters.rank} on the encoder's"


def _early_exit(section: EarlyExit) -> str:
    return (
        f"after layer {section.layer}; with 95% confidence at least {100 * section.least_share:.2f}% of the "
        "positives go on"
    )


def _release(retrieval: Retrieval) -> str:
    if retrieval.release is None:
        return "none, only the names of the labels"
    return retrieval.release or "of unknown version"


def _notes(change: TerminologyChange) -> list[str]:
    notes = []
    if change.missing:
        names = _first_of([f"{label.pt_name} ({label.ptid})" for label in change.missing])
        notes.append(
            f"{len(change.missing):,} labels of the classifier are not in the release, and are never "
            f"predicted: {names}"
        )
    if change.moved:
        names = _first_of(
            [f"{label.pt_name} is now {now.pt_name} ({now.ptid})" for label, now in change.moved]
        )
        notes.append(f"{len(change.moved):,} labels of the classifier now stand for another PT: {names}")
    notes.append(
        "the bundle now holds names and codes of MedDRA, which is licensed: do not pass it on to anyone "
        "without a licence"
    )
    return notes


def _first_of(names: Sequence[str]) -> str:
    more = f", and {len(names) - _MAX_NAMED:,} more" if len(names) > _MAX_NAMED else ""
    return ", ".join(names[:_MAX_NAMED]) + more
