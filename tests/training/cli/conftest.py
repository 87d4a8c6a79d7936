"""A tiny bundle, and annotated texts in each layout to score it on."""

import json
from pathlib import Path

import pytest

from tests.tiny import EFFECTS, make_tiny_bundle
from tests.training.cli.tiny_scoring import RECORDS


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny bundle that knows four adverse effects; not to be changed."""
    return make_tiny_bundle(tmp_path_factory.mktemp("scoring") / "bundle")


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """A prepared corpus with one split."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "valid.jsonl").write_text(
        "".join(f"{json.dumps(record)}\n" for record in RECORDS), encoding="utf-8"
    )
    return folder


@pytest.fixture
def official(tmp_path: Path) -> Path:
    """The same annotations as official files; one code is an LLT."""
    folder = tmp_path / "official"
    folder.mkdir()
    texts, classes, spans = (
        ["tweet_id\ttext"],
        ["tweet_id\tlabel"],
        ["tweet_id\ttype\tstart\tend\tspan\tcode"],
    )
    for record in RECORDS:
        texts.append(f"{record['id']}\t{record['text']}")
        classes.append(f"{record['id']}\t{'ADE' if record['label'] else 'NoADE'}")
        for span in record["spans"]:
            code = "80000001" if span["ptid"] == "90000001" else span["ptid"]
            spans.append(
                f"{record['id']}\tADE\t{span['start']}\t{span['end']}\t{span['text'].upper()}\t{code}"
            )
    for name, lines in (("tweets", texts), ("class", classes), ("spans_norm", spans)):
        (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def terms(tmp_path: Path) -> Path:
    """A release with the four effects, and an LLT of one."""
    folder = tmp_path / "terms"
    folder.mkdir()
    pts = list(EFFECTS.values())
    (folder / "pt.asc").write_text("".join(f"{code}${name}$$$$$$$$$$\n" for code, name in pts))
    llts = [("80000001", "Queasy", "90000001"), *((code, name, code) for code, name in pts)]
    (folder / "llt.asc").write_text("".join(f"{llt}${name}${pt}$$$$$$$Y$$\n" for llt, name, pt in llts))
    return folder
