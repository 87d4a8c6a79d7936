"""Invented labels in every format that is read."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import docx

EFFECTS = "This pill and nausea. Zoloft gives me a headache."


def openfda_label(**fields: Any) -> dict[str, Any]:
    """Return a label as in `results`."""
    return {
        "set_id": "0000-1111",
        "effective_time": "20250101",
        "openfda": {
            "generic_name": ["SERTRALINE HYDROCHLORIDE"],
            "brand_name": ["Zoloft"],
            "substance_name": ["SERTRALINE HYDROCHLORIDE"],
        },
        "indications_and_usage": ["This pill and dizzy."],
        "adverse_reactions": [EFFECTS],
        **fields,
    }


def openfda_file(*labels: object) -> bytes:
    """Return an answer of the API."""
    return json.dumps({"meta": {"disclaimer": "none"}, "results": list(labels)}, indent=1).encode()


def spl_file(
    *, section: str = "34084-4", set_id: str = "0000-1111", text: str = "", substance: str = "SERTRALINE"
) -> bytes:
    """Return an SPL document with one section of effects, with a list and a table in it."""
    body = text or (
        "<paragraph>This pill and\n nausea.</paragraph><list><item>Zoloft gives me a headache</item>"
        "<item>so dizzy</item></list>"
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<document xmlns="urn:hl7-org:v3">
<title>ZOLOFT tablets</title><setId root="{set_id}"/><versionNumber value="7"/>
<component><structuredBody>
<component><section><code code="48780-1" codeSystem="2.16.840.1.113883.6.1"/>
<subject><manufacturedProduct><manufacturedProduct><name>Zoloft</name>
<ingredient classCode="ACTIM"><ingredientSubstance><name>{substance} HYDROCHLORIDE</name>
<activeMoiety><activeMoiety><name>{substance}</name></activeMoiety></activeMoiety>
</ingredientSubstance></ingredient>
<ingredient classCode="IACT"><ingredientSubstance><name>IBUPROFEN</name></ingredientSubstance></ingredient>
</manufacturedProduct></manufacturedProduct></subject></section></component>
<component><section><code code="34067-9" codeSystem="2.16.840.1.113883.6.1"/>
<text><paragraph>so dizzy all day</paragraph></text></section></component>
<component><section><code code="{section}" codeSystem="2.16.840.1.113883.6.1"/>
<title>6 ADVERSE REACTIONS</title><!-- a comment --><text>{body}</text>
<component><section><title>6.1 Trials</title><text><table><tr><td>can't sleep</td><td>3</td></tr></table>
</text></section></component></section></component>
</structuredBody></component></document>
""".encode()


SMPC_LINES = (
    "1. NAME OF THE MEDICINAL PRODUCT",
    "Zoloft 50 mg tablets",
    "2. QUALITATIVE AND QUANTITATIVE COMPOSITION",
    "Each tablet contains sertraline hydrochloride.",
    "3. PHARMACEUTICAL FORM",
    "4.7 Effects on ability to drive",
    "so dizzy",
    "4.8 Undesirable effects",
    "This pill and",
    "nausea.",
    "Zoloft gives me a headache",
    "4.9 Overdose",
    "so dizzy",
)


def pdf_file(lines: Sequence[str] = SMPC_LINES) -> bytes:
    """Return a PDF of one page with these lines."""
    escaped = [line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in lines]
    shown = " T* ".join(f"({line}) Tj" for line in escaped)
    content = f"BT /F1 10 Tf 14 TL 50 750 Td {shown} ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    file = io.BytesIO(b"%PDF-1.4\n")
    file.seek(0, io.SEEK_END)
    places = []
    for number, content in enumerate(objects, 1):
        places.append(file.tell())
        file.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    table = file.tell()
    rows = "".join(f"{place:010d} 00000 n \n" for place in places)
    file.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{rows}".encode())
    file.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table))
    return file.getvalue()


def docx_file(lines: Sequence[str] = SMPC_LINES, *, cells: Sequence[str] = ()) -> bytes:
    """Return a DOCX file with these paragraphs, and a table with these cells before the last two."""
    document = docx.Document()
    for place, line in enumerate(lines):
        if cells and place == len(lines) - 2:
            table = document.add_table(rows=1, cols=len(cells))
            for cell, text in zip(table.rows[0].cells, cells, strict=True):
                cell.text = text
        document.add_paragraph(line)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()
