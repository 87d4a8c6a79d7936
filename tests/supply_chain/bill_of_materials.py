"""`python -m tests.supply_chain.bill_of_materials`, run by `make sbom`: what the product consists of.

The result is CycloneDX JSON, with the version, the licence and the dependencies of each installed package
that the product needs. cyclonedx-py describes the whole environment; what only developers need is left out.
So is what only PyTorch's build for CUDA brings: `constraints.txt` does not pin it, because the build decides.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution, metadata
from pathlib import Path
from typing import Any, Final

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rich.console import Console

ROOT: Final = Path(__file__).parents[2]
PRODUCT: Final = "ade-monitor"
FOR_DEVELOPERS: Final = "dev"
"""The extra that is not a part of the product."""

CUDA_PACKAGE: Final = re.compile(r"(nvidia|cuda)-.+|(pytorch-)?triton")
"""Names of packages that PyTorch needs in its build for CUDA only."""

VERSION: Final = SchemaVersion.V1_6
err: Final = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, and print on stderr what is missing from it."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.supply_chain.bill_of_materials", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "--extra", action="append", metavar="NAME", help="of the product; repeatable (default: all)"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "sbom.cdx.json", help="default: sbom.cdx.json")
    options = parser.parse_args(arguments)
    packages, missing = product_packages(options.extra or product_extras())
    bill = bill_of_materials(packages)
    if problem := JsonStrictValidator(VERSION).validate_str(json.dumps(bill)):
        raise SystemExit(f"the result is not CycloneDX {VERSION.to_version()}: {problem}")
    options.out.write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8")
    for name in sorted(missing):
        err.print(f"left out, since it is not installed: {name}")
    for name in sorted(cuda_packages()):
        err.print(f"left out, since only PyTorch's build for CUDA needs it, and it is not pinned: {name}")
    err.print(f"wrote {options.out}: {len(bill['components'])} packages")
    return 0


def product_extras() -> list[str]:
    """Return the extras of the product, without that of developers."""
    return [name for name in metadata(PRODUCT).get_all("Provides-Extra") or [] if name != FOR_DEVELOPERS]


def cuda_packages() -> set[str]:
    """Return the names of the packages that only PyTorch's build for CUDA needs; the CPU build has none."""
    requires = map(Requirement, distribution("torch").requires or [])
    return {
        canonicalize_name(needed.name)
        for needed in requires
        if _is_active(needed, frozenset()) and _is_for_cuda("torch", needed)
    }


def _is_for_cuda(package: str, requirement: Requirement) -> bool:
    return package == "torch" and CUDA_PACKAGE.fullmatch(canonicalize_name(requirement.name)) is not None


def product_packages(extras: Sequence[str]) -> tuple[dict[str, set[str]], set[str]]:
    """Return the packages that the product needs with those extras, and those that are not installed.

    What only PyTorch's build for CUDA needs is in neither of them.

    Returns:
        For each installed package, by its canonical name, the names of the packages that it needs itself;
        and the names of packages that are not installed.
    """
    packages: dict[str, set[str]] = {}
    missing: set[str] = set()
    waiting: list[tuple[str, frozenset[str]]] = [(PRODUCT, frozenset(extras))]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, chosen = waiting.pop()
        if (name, chosen) in seen:
            continue
        seen.add((name, chosen))
        try:
            requires = distribution(name).requires or []
        except PackageNotFoundError:
            missing.add(name)
            continue
        needed = packages.setdefault(name, set())
        for requirement in map(Requirement, requires):
            if _is_active(requirement, chosen) and not _is_for_cuda(name, requirement):
                other = canonicalize_name(requirement.name)
                needed.add(other)
                waiting.append((other, frozenset(requirement.extras)))
    return packages, missing


def _is_active(requirement: Requirement, extras: frozenset[str]) -> bool:
    """Return True if a requirement applies on this machine, with these extras of its package."""
    if requirement.marker is None:
        return True
    return any(requirement.marker.evaluate({"extra": extra}) for extra in (extras or {""}) | {""})


def bill_of_materials(packages: dict[str, set[str]]) -> dict[str, Any]:
    """Return the CycloneDX document of some installed packages, the product first among them."""
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible"]
    command += ["--pyproject", str(ROOT / "pyproject.toml"), "--spec-version", VERSION.to_version()]
    command += ["--no-validate"]  # that is done once, at the end
    done = subprocess.run([*command, sys.executable], capture_output=True, text=True, check=True)
    document: dict[str, Any] = json.loads(done.stdout)
    product = document["metadata"]["component"]
    kept = [row for row in document["components"] if canonicalize_name(row["name"]) in packages]
    reference = {canonicalize_name(row["name"]): row["bom-ref"] for row in [*kept, product]}
    for row in kept:
        if not row.get("licenses"):  # a licence in words of its own, not by its name in SPDX
            row["licenses"] = [{"license": {"name": metadata(row["name"]).get("License") or "unknown"}}]
    document["components"] = kept
    document["dependencies"] = [
        {
            "ref": reference[name],
            "dependsOn": sorted(reference[other] for other in needed if other in reference and other != name),
        }
        for name, needed in sorted(packages.items())
        if name in reference
    ]
    return document


if __name__ == "__main__":
    sys.exit(main())
