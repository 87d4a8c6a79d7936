"""Small corpora and a small terminology as training reads them, and the shared ones if available."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from models.terminology import Terminology, read_release
from tests.tiny import write_checkpoint
from tests.training.augmentation.invented_wordnet import write_wordnet
from training.wordlists import read_wordlist

SHARED = Path(__file__).resolve().parents[3] / "shared"


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The corpora and the terminology next to the repository; tests that need them skip without them."""
    if not (SHARED / "corpora").is_dir():
        pytest.skip(f"there are no shared corpora at {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def terminology_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`pt.asc` and `llt.asc` with all PTs of the tweet generator, under invented codes."""
    folder = tmp_path_factory.mktemp("terminology")
    names = list(read_wordlist("training.synthetic", "effects"))
    codes = range(90_000_001, 90_000_001 + len(names))
    pts = [f"{code}${name}$$$$$$$$$$" for code, name in zip(codes, names, strict=True)]
    llts = [f"{code}${name}${code}$$$$$$$Y$$" for code, name in zip(codes, names, strict=True)]
    (folder / "pt.asc").write_text("\n".join(pts) + "\n", encoding="utf-8")
    (folder / "llt.asc").write_text("\n".join(llts) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def terminology(terminology_folder: Path) -> Terminology:
    """The terminology of `terminology_folder`."""
    return read_release(terminology_folder)


@pytest.fixture(scope="session")
def corpora_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four corpus files, with invented sentences."""
    folder = tmp_path_factory.mktemp("corpora")
    reports, labels = [], []
    for number in range(40):
        text = f"Patient {number} developed nausea after the first dose of the medicine."
        start = text.index("nausea")
        span = {"start": start, "end": start + 6, "text": "nausea", "ptid": None}
        reports.append({"id": f"ade2:{number}:0", "text": text, "label": 1, "spans": [span]})
        plain = f"Patient {number} was seen again after two weeks of treatment."
        reports.append({"id": f"ade2:{number}:1", "text": plain, "label": 0, "spans": []})
        coded = {**span, "ptid": "90000001"}
        labels.append({"id": f"tac:train:DRUG{number}:adv:0", "text": text, "label": 1, "spans": [coded]})
    reviews = []
    for number in range(40):
        text = f"The nausea of week {number} was the worst of all my weeks."
        span = {"start": 4, "end": 10, "text": "nausea", "ptid": "90000001"}
        fields = {"context": "zoloft", "kinds": ["ADR"], "other_spans": []}
        reviews.append(
            {"id": f"psytar:zoloft.{number}:1", "text": text, "label": 1, "spans": [span], **fields}
        )
        plain = f"My doctor of {number} years prescribed it, and it works."
        plain_fields = {"label": 0, "spans": [], **fields}
        reviews.append({"id": f"psytar:zoloft.{number}:2", "text": plain, **plain_fields})
    corpora = {"ade_corpus_v2": reports, "tac2017_train": labels, "psytar_train": reviews}
    for name, rows in corpora.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    phrases = [f"awful feeling number {number}\tInsomnia\t90000001\tinvented" for number in range(30)]
    header = "mention\tconcept_name\tpt_code\tsource"
    (folder / "lay_phrases.tsv").write_text("\n".join([header, *phrases]) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained BERT of 25,000 parameters."""
    return write_checkpoint(tmp_path_factory.mktemp("training") / "encoder")


@pytest.fixture
def wordnet_folder(tmp_path: Path) -> Path:
    """A WordNet of a few invented synsets."""
    return write_wordnet(tmp_path / "wordnet")
