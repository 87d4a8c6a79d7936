"""`python -m tests.supply_chain.dependency_audit`, run by `make audit`: known weaknesses of pinned packages.

pip-audit asks OSV (https://osv.dev) about every line of `constraints.txt`. The exit status is 0 only if OSV
has answered for all of them and knows no weakness, 1 if it knows one, and 3 if it did not answer for all. So
a machine without internet never reports that there is nothing to report. What only PyTorch's build for CUDA
brings is not pinned, so it is named and not audited.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from tests.supply_chain.bill_of_materials import cuda_packages

ROOT: Final = Path(__file__).parents[2]
SERVICE: Final = "https://api.osv.dev/v1/query"
CLEAN, WEAK, NOT_AUDITED = 0, 1, 3
TIMEOUT: Final = 1_200  # seconds for all packages

out: Final = Console(soft_wrap=True, highlight=False, markup=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit, print the result, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.supply_chain.dependency_audit", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--constraints", type=Path, default=ROOT / "constraints.txt", help="pinned packages")
    parser.add_argument("--service", default=SERVICE, help=f"address of an OSV server (default: {SERVICE})")
    parser.add_argument("--ignore", action="append", default=[], metavar="ID", help="a weakness; repeatable")
    options = parser.parse_args(arguments)
    pinned = pinned_packages(options.constraints)
    warn_of_unpinned()
    try:
        rows = audit(options.constraints, options.service, options.ignore)
    except AuditError as error:
        out.print(f"NOT AUDITED: {error}")
        return NOT_AUDITED
    for row in rows:
        for weakness in row.get("vulns", []):
            fixed = ", ".join(weakness["fix_versions"]) or "no version"
            names = ", ".join([weakness["id"], *weakness.get("aliases", [])])
            out.print(f"{row['name']} {row['version']}: {names}, fixed in {fixed}")
    missing = sorted(pinned - {normalized(row["name"]) for row in rows if "version" in row})
    if missing:
        out.print(f"NOT AUDITED: {len(missing)} of {len(pinned)} packages: {', '.join(missing)}")
    if any(row.get("vulns") for row in rows):
        return WEAK
    if missing:
        return NOT_AUDITED
    out.print(f"no known weaknesses in {len(pinned)} packages")
    return CLEAN


def warn_of_unpinned() -> None:
    """Print the packages of PyTorch's build for CUDA, if it is installed: no line pins them."""
    if names := sorted(cuda_packages()):
        out.print(f"not pinned, so not audited (PyTorch's build for CUDA): {', '.join(names)}")


class AuditError(Exception):
    """The service has not answered."""


def audit(constraints: Path, service: str, ignored: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return pip-audit's row for each package.

    Raises:
        AuditError: it has no result, for example because the service cannot be reached.
    """
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(constraints)]
    command += ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    command += ["--vulnerability-service", "osv", "--osv-url", service]
    for name in ignored:
        command += ["--ignore-vuln", name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT)
        rows: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        raise AuditError(f"{service} has not answered within {TIMEOUT} s") from None
    except (ValueError, KeyError, TypeError):
        reason = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "no output")
        raise AuditError(f"{service} cannot be asked ({reason.strip()})") from None
    return rows


def pinned_packages(constraints: Path) -> set[str]:
    """Return the names of the packages in a file of lines such as `name==1.0`."""
    lines = (line.partition("#")[0].strip() for line in constraints.read_text(encoding="utf-8").splitlines())
    return {normalized(line.partition("==")[0]) for line in lines if line}


def normalized(name: str) -> str:
    """Return a package's name as PyPI compares it."""
    return name.strip().lower().replace("_", "-").replace(".", "-")


if __name__ == "__main__":
    sys.exit(main())
