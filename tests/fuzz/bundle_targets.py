"""Bundles from a supplier, and releases of MedDRA: every file, with the right hashes."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, Final

from models.bundle import load_bundle, read_card, read_config
from models.bundle.card_and_metrics import read_metrics
from models.encoder import load_encoder
from models.terminology import Level, Llt, Terminology, TermPath, inspect_release, read_index, write_index
from tests.fuzz.containers import joined, scratch, write_folder
from tests.fuzz.fuzz_target import FuzzTarget
from tests.tiny import make_tiny_bundle, write_checkpoint

TERMINOLOGY: Final = Terminology(
    {"90000001": "Nausea", "90000002": "Headache"},
    (Llt("90000001", "Nausea", "90000001"), Llt("90000009", "Head ache", "90000002", current=False)),
    {"90000001": (TermPath(Level("1", "a"), Level("2", "b"), Level("3", "c")),)},
    "27.0",
)
RELEASE: Final = joined(
    {
        "pt.asc": b"90000001$Nausea$$10000000$$$$$$$$\n90000002$Headache$$10000000$$$$$$$$\n",
        "llt.asc": b"90000001$Nausea$90000001$$$$$$$Y$$\n90000009$Head ache$90000002$$$$$$$N$$\n",
        "mdhier.asc": b"90000001$2$3$4$Nausea$hlt$hlgt$soc$abb$$4$Y$\n",
        "meddra_release.asc": b"27.0$English$$$$\n",
    }
)
TOKENS: Final = (b'"I64"', b'"F16"', b'"U8"', b'"data_offsets":[0,0]', b'"shape":[-1]', b"NaN", b"1e39")


def read_bundle(data: bytes) -> None:
    """Load a bundle whose hashes are those of its files, as a careless or hostile supplier would make it."""
    folder = scratch() / "bundle"
    write_folder(folder, data)
    try:
        config = json.loads((folder / "config.json").read_bytes())
        config["files"] = {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in config["files"]
        }
        (folder / "config.json").write_text(json.dumps(config))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        pass  # its error is that of reading the config
    read_config(folder)
    bundle = load_bundle(folder)
    str(bundle.labels)


def read_people_files(data: bytes) -> None:
    folder = scratch() / "people"
    folder.mkdir(exist_ok=True)
    for name in ("README.md", "metrics.json"):
        (folder / name).write_bytes(data)
    read_card(folder)
    read_metrics(folder)


def read_encoder(data: bytes) -> None:
    """Load a pretrained encoder as training does, pickles included."""
    folder = scratch() / "encoder"
    write_folder(folder, data)
    load_encoder(str(folder))


@cache
def encoder_files() -> bytes:
    """Return the files of a tiny encoder as one input."""
    folder = write_checkpoint(scratch() / "checkpoint")
    return joined({path.name: path.read_bytes() for path in sorted(folder.iterdir())})


@cache
def bundle_files() -> bytes:
    """Return the files of a tiny bundle as one input; it trains for a second."""
    folder = make_tiny_bundle(scratch() / "tiny")
    return joined({path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()})


def read_folder_of_release(data: bytes) -> None:
    folder = scratch() / "release"
    write_folder(folder, data)
    inspect_release(folder)


class LazySeeds(Sequence[bytes]):
    """One seed that takes a second to make, when it is needed."""

    def __init__(self, make: Callable[[], bytes]) -> None:
        self._make = make

    def __getitem__(self, index: Any) -> Any:
        return [self._make()][index]

    def __len__(self) -> int:
        return 1


BUNDLE_TARGETS: Final = [
    FuzzTarget("bundle", read_bundle, LazySeeds(bundle_files), TOKENS),
    FuzzTarget("encoder", read_encoder, LazySeeds(encoder_files), TOKENS),
    FuzzTarget("bundle-people", read_people_files, [b'{"f1": 1.0}', b"# A bundle\n\nLanguages: en\n"]),
    FuzzTarget(
        "terminology-index",
        read_index,
        [gzip.decompress(write_index(TERMINOLOGY)), write_index(TERMINOLOGY)],
        wrappers=[partial(gzip.compress, compresslevel=1)],
    ),
    FuzzTarget("terminology-release", read_folder_of_release, [RELEASE], [b"$", b"$$$$\n", b"\n#@ pt.asc\n"]),
]
