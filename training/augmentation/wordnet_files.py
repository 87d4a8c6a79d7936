"""Finding the files of a WordNet, and reading them by nltk."""

from __future__ import annotations

import io
import warnings
from functools import cache
from pathlib import Path
from typing import Any, Final

from training.augmentation.wordnet import WordNet
from training.errors import RunError
from training.extras import require

# Where Debian's and Fedora's packages put it, and Princeton's own archive.
SYSTEM_FOLDERS: Final = (
    Path("/usr/share/wordnet"),
    Path("/usr/share/wordnet-3.0/dict"),
    Path("/usr/local/WordNet-3.0/dict"),
)
_NEEDED: Final = tuple(
    f"{kind}.{part}" for kind in ("data", "index") for part in ("noun", "verb", "adj", "adv")
)
# nltk wants the list of the 45 files of lexnames(5WN); Debian leaves it out, and synonyms do not need it.
_LEXNAMES: Final = "".join(f"{number:02}\tfile{number:02}\t1\n" for number in range(64))
_MEND: Final = (
    "`apt-get install wordnet-base` brings it, as does `python -m nltk.downloader wordnet`; "
    "or name a folder that has it (--wordnet DIR), or leave the synonyms out (--only char-swap,checklist)"
)


def open_wordnet(folder: Path | None = None) -> WordNet:
    """Open the WordNet in a folder, or the one of this machine: nltk's data, or the system's package.

    Args:
        folder: one with `index.noun` and `data.noun`, or one of nltk's data (with `corpora/wordnet`).

    Raises:
        RunError: there is none, it is not whole, or nltk is not installed.
    """
    require("nltk", "WordNet's files")
    import nltk.data

    root = _found(nltk.data, folder)
    # nltk reads from no folder but those that it was told of.
    if isinstance(root, str) and root not in nltk.data.path:
        nltk.data.path.append(root)
    try:
        with warnings.catch_warnings():
            # It warns that other languages are not there.
            warnings.simplefilter("ignore")
            return WordNet(_reader_class()(root, None), str(root))
    except Exception as error:
        # nltk meets a broken file with whatever its parser stumbles over.
        raise RunError(
            f"the WordNet in {root} cannot be read ({type(error).__name__}: {error}): {_MEND}"
        ) from None


def _found(data: Any, folder: Path | None) -> Any:
    """Give the folder as a string, or nltk's pointer to one, which may lie inside a zip file."""
    places = SYSTEM_FOLDERS if folder is None else (folder, folder / "dict", folder / "corpora" / "wordnet")
    for place in places:
        missing = [name for name in _NEEDED if not (place / name).is_file()]
        if not missing:
            return str(place.resolve())
        if len(missing) < len(_NEEDED):
            raise RunError(f"the WordNet in {place} lacks {', '.join(missing)}: {_MEND}")
    own = None if folder is None else str(folder.resolve())
    if own is not None and own not in data.path:
        data.path.append(own)
    # nltk's downloader leaves WordNet packed.
    for name in ("corpora/wordnet", "corpora/wordnet.zip/wordnet/"):
        try:
            return data.find(name, None if own is None else [own])
        except (LookupError, OSError, ValueError):
            continue
    looked = ", ".join(map(str, places)) + (" or nltk's data folders" if own is None else "")
    raise RunError(f"there is no WordNet in {looked}: {_MEND}")


@cache
def _reader_class() -> type[Any]:
    from nltk.corpus.reader.wordnet import WordNetCorpusReader

    class SynonymReader(WordNetCorpusReader):  # type: ignore[misc]
        """nltk's reader, content with the files that synonyms need: Debian has no others."""

        def open(self, file: str) -> Any:
            try:
                return super().open(file)
            except OSError:
                if file in _NEEDED:
                    raise
                return io.StringIO(_LEXNAMES if file == "lexnames" else "")

        def map_wn(self, version: str = "wordnet") -> None:
            """Map to no other version: that takes files of nltk's, for other languages."""

    return SynonymReader
