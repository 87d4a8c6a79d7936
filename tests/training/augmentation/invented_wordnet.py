"""A WordNet of a few invented synsets, in the file layout of the real one (wndb(5WN), cntlist(5WN))."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

# Synsets by part of speech; each word with the number of its uses in that sense.
SYNSETS: dict[str, tuple[dict[str, int], ...]] = {
    "noun": (
        {"headache": 9, "brainpain": 0, "skull_trouble": 0, "HA": 0},
        {"headache": 8, "nuisance": 3},
        {"headache": 1, "turnip": 2},
        {"pill": 3, "tablet": 2},
        {"woman": 5, "lady": 4},
        {"story": 2, "tale": 1},
        {"unseen": 0, "hidden": 0},
        {"unseen": 0, "covert": 0},
        {"fish": 1, "swimmer": 0},
    ),
    "verb": (
        {"feel": 20, "sense": 3, "stop": 0},
        {"take": 10, "swallow": 1, "find": 1},
        {"cry": 2, "weep": 1},
    ),
    "adj": ({"sick": 7, "ill": 3},),
    "adv": ({"slowly": 2, "tardily": 0},),
}
EXCEPTIONS = {
    "noun": {"women": "woman", "fish": "fish"},
    "verb": {
        "felt": "feel",
        "stopped": "stop",
        "stopping": "stop",
        "took": "take",
        "taken": "take",
        "found": "find",
    },
}
_LETTER = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}


def write_wordnet(folder: Path) -> Path:
    """Write the files of Debian's package, which has neither lexnames nor index.sense."""
    folder.mkdir(parents=True)
    uses: list[str] = []
    for number, (part, synsets) in enumerate(SYNSETS.items(), 1):
        data = "  1 An invented WordNet 3.0 for tests.  \n"
        offsets: defaultdict[str, list[int]] = defaultdict(list)
        for words in synsets:
            listed = " ".join(f"{word} {len(offsets[word.lower()])}" for word in words)
            for word, count in words.items():
                if count:
                    uses.append(f"{word.lower()}%{number}:00:{len(offsets[word.lower()]):02}:: 1 {count}\n")
                offsets[word.lower()].append(len(data))
            frames = " 01 + 02 00" if part == "verb" else ""
            data += f"{len(data):08} 00 {_LETTER[part]} {len(words):02x} {listed} 000{frames} | invented  \n"
        index = "".join(
            f"{word} {_LETTER[part]} {len(at)} 0 {len(at)} 0 {' '.join(f'{offset:08}' for offset in at)}  \n"
            for word, at in sorted(offsets.items())
        )
        (folder / f"data.{part}").write_text(data)
        (folder / f"index.{part}").write_text(index)
        forms = EXCEPTIONS.get(part, {})
        (folder / f"{part}.exc").write_text("".join(f"{form} {base}\n" for form, base in forms.items()))
    (folder / "cntlist.rev").write_text("".join(sorted(uses)))
    return folder
