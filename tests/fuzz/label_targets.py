"""Product labels: JSON, XML, PDF and DOCX, texts, and archives of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Final

from monitor.errors import MonitorError
from monitor.labels import read_product_labels
from monitor.labels.label import ProductLabel
from monitor.labels.label_sentences import sentences_of
from tests.fuzz.containers import joined, scratch_file, zipped
from tests.fuzz.fuzz_target import FuzzTarget
from tests.monitor.labels.made_up_labels import (
    docx_file,
    openfda_file,
    openfda_label,
    pdf_file,
    spl_file,
)


def reader_of(name: str) -> Callable[[bytes], None]:
    """Return what reads all labels of a file with this name, and raises the last error."""

    def read(data: bytes) -> None:
        problem: MonitorError | None = None
        for label in read_product_labels(scratch_file(data, name)):
            if isinstance(label, ProductLabel):
                assert label.sections
                for section in label.sections:
                    "".join(sentences_of(section.text)).encode("utf-8", "surrogatepass")
            else:
                problem = label
        if problem:
            raise problem

    return read


def docx_parts() -> bytes:
    """Return the text parts of a DOCX file as one input."""
    with zipfile.ZipFile(io.BytesIO(docx_file(cells=("a", "b")))) as archive:
        kept = {name: archive.read(name) for name in archive.namelist() if name.endswith((".xml", ".rels"))}
    return joined(kept)


_JSON: Final = [openfda_file(openfda_label(), openfda_label(set_id="2")), b"[{}]\n{}\n"]
_ARCHIVE: Final = joined({"a.json": _JSON[0], "b.xml": spl_file(), "c.txt": b"nausea", "d.zip": zipped(b"x")})

LABEL_TARGETS: Final = [
    FuzzTarget(
        "labels-json", reader_of("x.json"), _JSON, [b'"results": [', b'"openfda"', b"[", b"{", b"\\u"]
    ),
    FuzzTarget(
        "labels-spl",
        reader_of("x.xml"),
        [spl_file(), spl_file(section="34066-1")],
        [b"<!DOCTYPE x [<!ENTITY y 'z'>]>", b"&y;", b"<section>", b"<paragraph>", b'code="34084-4"'],
    ),
    FuzzTarget("labels-pdf", reader_of("x.pdf"), [pdf_file()], [b"/Kids [3 0 R]", b"endobj", b"4.8 Und"]),
    FuzzTarget(
        "labels-docx",
        reader_of("x.docx"),
        [docx_parts()],
        [b"<w:tbl>", b"<w:tc/>", b"<w:p>"],
        wrappers=[zipped],
        always_wrapped=True,
    ),
    FuzzTarget("labels-text", reader_of("x.txt"), [b"ADVERSE REACTIONS\nnausea, and\nrash\n7 OTHER PARTS\n"]),
    FuzzTarget("labels-archive", reader_of("x.zip"), [_ARCHIVE], wrappers=[zipped], always_wrapped=True),
]
