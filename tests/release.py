"""Invented MedDRA releases: a small one with a hierarchy, and one of full size.

The small one has these PTs, LLTs (+ is not current), HLTs and SOCs (* is the primary one):

    90000001 Nausea        Queasy, Sick to the stomach    Nausea symptoms, Gut*
    90000002 Headache      Head hurts, + Cephalalgia      Headaches, Nerves*
    90000003 Insomnia      Cannot sleep                   Sleep, Nerves* and Mind
    90000004 Dizziness     Dizzy                          Dizzy states, Nerves* and Heart
    90000005 Somnolence    Sleepy, Drowsy                 Sleep, Nerves*

Its SMQs are (n is narrow, b is broad; Head contains Sleepless):

    20000001 Head          Headache n, Dizziness b, all of Sleepless; algorithm A or (B and C)
    20000002 Sleepless     Insomnia n, Somnolence b
"""

from __future__ import annotations

from pathlib import Path

PTS = {
    "90000001": "Nausea",
    "90000002": "Headache",
    "90000003": "Insomnia",
    "90000004": "Dizziness",
    "90000005": "Somnolence",
}
LLTS = {
    "80000001": ("Queasy", "90000001", "Y"),
    "80000002": ("Sick to the stomach", "90000001", "Y"),
    "80000003": ("Head hurts", "90000002", "Y"),
    "80000004": ("Cephalalgia", "90000002", "N"),
    "80000005": ("Cannot sleep", "90000003", "Y"),
    "80000006": ("Dizzy", "90000004", "Y"),
    "80000007": ("Sleepy", "90000005", "Y"),
    "80000008": ("Drowsy", "90000005", "Y"),
    **{code: (name, code, "Y") for code, name in PTS.items()},
}
_HLTS = {"71": "Nausea symptoms", "72": "Headaches", "73": "Sleep", "74": "Dizzy states"}
_SOCS = {"51": "Gut", "52": "Nerves", "53": "Mind", "54": "Heart"}
# The row of the primary SOC is not always the first one.
_PATHS = (
    ("90000001", "71", "51", "Y"),
    ("90000002", "72", "52", "Y"),
    ("90000003", "73", "53", "N"),
    ("90000003", "73", "52", "Y"),
    ("90000004", "74", "54", "N"),
    ("90000004", "74", "52", "Y"),
    ("90000005", "73", "52", "Y"),
)


_SMQS = {"20000001": ("Head", "1", "A or (B and C)"), "20000002": ("Sleepless", "2", "N")}
# The LLT and the inactive PT are left out.
_SMQ_TERMS = (
    ("20000001", "90000002", "4", "2", "A", "1", "A"),
    ("20000001", "90000002", "5", "2", "A", "1", "A"),
    ("20000001", "90000004", "4", "1", "B", "2", "A"),
    ("20000001", "90000001", "4", "1", "B", "0", "I"),
    ("20000001", "20000002", "0", "0", "S", "0", "A"),
    ("20000002", "90000003", "4", "2", "", "", "A"),
    ("20000002", "90000005", "4", "1", "", "", "A"),
)


def pt_row(code: str, name: str) -> str:
    """Return a row of pt.asc."""
    return f"{code}${name}$$$$$$$$$$"


def llt_row(code: str, name: str, ptid: str, current: str = "Y") -> str:
    """Return a row of llt.asc."""
    return f"{code}${name}${ptid}$$$$$$${current}$$"


def path_row(ptid: str, hlt: tuple[str, str], soc: tuple[str, str], primary: str) -> str:
    """Return a row of mdhier.asc; the HLGT is derived from the HLT."""
    names = f"{PTS.get(ptid, 'PT')}${hlt[1]}$Group of {hlt[1]}${soc[1]}"
    return f"{ptid}${hlt[0]}$6{hlt[0]}${soc[0]}${names}${soc[1][:4]}$$${primary}$"


def smq_row(code: str, name: str, level: str = "1", algorithm: str = "N", status: str = "A") -> str:
    """Return a row of smq_list.asc."""
    return f"{code}${name}${level}$Invented.$$$26.1${status}${algorithm}$"


def smq_term_row(
    code: str, term: str, level: str, scope: str, category: str = "A", weight: str = "0", status: str = "A"
) -> str:
    """Return a row of smq_content.asc."""
    return f"{code}${term}${level}${scope}${category}${weight}${status}$26.0$26.1$"


def write_smqs(folder: Path) -> None:
    """Write the SMQs of the small release."""
    write_rows(folder / "smq_list.asc", [smq_row(code, *smq) for code, smq in _SMQS.items()])
    write_rows(folder / "smq_content.asc", [smq_term_row(*term) for term in _SMQ_TERMS])


def write_levels(folder: Path) -> None:
    """Write the levels of the small release into a file each, as `mdhier.asc` has them together."""
    socs_of = {hlt: soc for _, hlt, soc, _ in _PATHS}
    primary = {pt: soc for pt, _, soc, fg in _PATHS if fg == "Y"}
    write_rows(folder / "pt.asc", [f"{code}${name}$${primary[code]}$$$$$$$$" for code, name in PTS.items()])
    write_rows(folder / "soc.asc", [f"{code}${name}${name[:4]}$$$$$$$$" for code, name in _SOCS.items()])
    write_rows(folder / "hlt.asc", [f"{code}${name}$$$$$$$$" for code, name in _HLTS.items()])
    write_rows(folder / "hlgt.asc", [f"6{code}$Group of {name}$$$$$$$$" for code, name in _HLTS.items()])
    write_rows(folder / "hlt_pt.asc", sorted({f"{hlt}${pt}$" for pt, hlt, _, _ in _PATHS}))
    write_rows(folder / "hlgt_hlt.asc", [f"6{hlt}${hlt}$" for hlt in socs_of])
    write_rows(folder / "soc_hlgt.asc", sorted({f"{soc}$6{hlt}$" for _, hlt, soc, _ in _PATHS}))


def write_release(folder: Path, *, hierarchy: bool = True, version: str = "26.1", smqs: bool = False) -> Path:
    """Write the small release, without mdhier.asc or meddra_release.asc if they are not needed."""
    folder.mkdir(parents=True, exist_ok=True)
    write_rows(folder / "pt.asc", [pt_row(*pt) for pt in PTS.items()])
    write_rows(folder / "llt.asc", [llt_row(code, *llt) for code, llt in LLTS.items()])
    if hierarchy:
        rows = [
            path_row(pt, (hlt, _HLTS[hlt]), (soc, _SOCS[soc]), primary) for pt, hlt, soc, primary in _PATHS
        ]
        write_rows(folder / "mdhier.asc", rows)
    if smqs:
        write_smqs(folder)
    if version:
        write_rows(folder / "meddra_release.asc", [f"{version}$English$$$$"])
    return folder


def write_full_size(folder: Path, *, pts: int = 27_000, llts: int = 80_000) -> Path:
    """Write a release with this many terms. Each PT is also an LLT; every third has a second path."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {f"{10_000_000 + number}": f"Invented condition {number} of système" for number in range(pts)}
    codes = [*names]
    write_rows(folder / "pt.asc", [pt_row(*pt) for pt in names.items()])
    llts_of_pts = [llt_row(code, name, code) for code, name in names.items()]
    other_llts = [
        llt_row(f"{20_000_000 + number}", f"Other name {number}", codes[number % pts], "YN"[number % 9 == 0])
        for number in range(llts - pts)
    ]
    write_rows(folder / "llt.asc", [*llts_of_pts, *other_llts])
    paths = []
    for number, code in enumerate(codes):
        hlt = (f"7{number % 1_700}", f"Level {number % 1_700}")
        paths.append(path_row(code, hlt, (f"5{number % 27}", f"Organ {number % 27}"), "Y"))
        if number % 3 == 0:
            paths.append(path_row(code, hlt, (f"5{(number + 1) % 27}", f"Organ {(number + 1) % 27}"), "N"))
    write_rows(folder / "mdhier.asc", paths)
    write_rows(folder / "meddra_release.asc", ["27.0$English$$$$"])
    return folder


def write_rows(path: Path, rows: list[str]) -> None:
    """Write rows as releases have them: in UTF-8, with CRLF."""
    path.write_bytes("".join(f"{row}\r\n" for row in rows).encode())
