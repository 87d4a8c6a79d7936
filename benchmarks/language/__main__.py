"""The command `python -m benchmarks.language`."""

from __future__ import annotations

import argparse
import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

import benchmarks.language
from benchmarks.language.detectors import DETECTORS, PACKAGES
from benchmarks.language.one_detector import RULES, TOLERATED
from benchmarks.measured_process import run_module

SHARED: Final = Path(__file__).parents[3] / "shared"
"""Where the corpora are in our workplace; without them, only posts of the project are detected."""


def installed() -> list[str]:
    """Return the detectors whose packages are installed."""
    names = []
    for name, package in PACKAGES.items():
        try:
            version(package)
        except PackageNotFoundError:
            continue
        names.append(name)
    return names


def comparison(results: list[dict[str, Any]]) -> Table:
    """Return what each detector skips, and what it costs."""
    table = Table(title="foreign posts that are skipped, for each share of English posts that may be lost")
    for title in ("detector", "rule", *(f"{share:.1%} lost" for share in TOLERATED)):
        table.add_column(title, justify="left" if title in ("detector", "rule") else "right")
    for title in ("right language", "posts/s", "MB", "load s"):
        table.add_column(title, justify="right")
    for result in results:
        for rule in RULES:
            figures = result["rules"][rule]
            table.add_row(
                result["detector"],
                rule,
                *(f"{figures[str(share)]['skipped']:.1%}" for share in TOLERATED),
                f"{result['right_language']:.1%}",
                f"{result['posts_per_s']:,}",
                str(result["memory_mb"]),
                f"{result['load_s']:.2f}",
            )
    return table


def chosen_limit(result: dict[str, Any]) -> str:
    """Return what the worker's limit loses and skips, as a sentence."""
    chosen, posts = result["chosen"], result["posts"]
    lost = ", ".join(f"{count} of {posts[kind]:,} {kind}" for kind, count in chosen["lost"].items())
    skipped = ", ".join(f"{lang} {share:.0%}" for lang, share in chosen["skipped"].items())
    doubted = ", ".join(f"{share:.1%} of {kind}" for kind, share in chosen["platform_doubted"].items())
    return (
        f"py3langid at the worker's limit of {chosen['limit']}: English posts lost: {lost}; foreign posts "
        f"skipped: {chosen['skipped_of_all']:.1%} of {posts['foreign']:,} ({skipped}); "
        f"scored although a platform names another language: {doubted}"
    )


def main() -> None:
    """Read the options, run each detector, and print tables and the JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.language",
        description=benchmarks.language.__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="fewer posts, and py3langid only; within 20 s")
    parser.add_argument(
        "--corpora",
        default=str(SHARED) if SHARED.is_dir() else "",
        help="folder with hard_posts.tsv and corpora/, or an empty string for none",
    )
    options = parser.parse_args()
    out, progress = Console(width=130), Console(stderr=True)
    names = [name for name in installed() if not options.quick or name == "py3langid"]
    results = []
    with progress.status("…") as status:
        for name in names:
            status.update(name)
            arguments: list[object] = ["--detector", name, *["--quick"] * options.quick]
            if options.corpora:
                arguments += ["--shared", options.corpora]
            results.append(run_module("benchmarks.language.one_detector", arguments))
    out.print(comparison(results))
    if missing := [name for name in DETECTORS if name not in names]:
        out.print(f"left out: {'; '.join(missing)}")
    out.print(chosen_limit(results[0]))
    print(json.dumps({"benchmark": "language", "quick": options.quick, "detectors": results}))


if __name__ == "__main__":
    main()
