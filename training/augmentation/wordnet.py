"""Synonyms from WordNet (Miller 1995), in the inflection of the word that they replace."""

from __future__ import annotations

import io
import warnings
from collections import defaultdict
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, Literal

from training.errors import RunError
from training.extras import require

Form = Literal["plural", "third person", "past", "participle"]

_ENDING: Final[dict[Form, str]] = {"plural": "s", "third person": "s", "past": "ed", "participle": "ing"}
_VOWELS: Final = "aeiou"
_SIBILANTS: Final = ("s", "x", "z", "ch", "sh")

# The inflections of each part of speech; the first is the one of irregular forms.
_FORMS: Final[dict[str, tuple[Form, ...]]] = {
    "n": ("plural",),
    "v": ("past", "participle", "third person"),
    "a": (),
    "r": (),
}

# Where the packages of Debian and Fedora put it, and Princeton's own archive.
SYSTEM_FOLDERS: Final = (
    Path("/usr/share/wordnet"),
    Path("/usr/share/wordnet-3.0/dict"),
    Path("/usr/local/WordNet-3.0/dict"),
)
_NEEDED: Final = tuple(
    f"{kind}.{part}" for kind in ("data", "index") for part in ("noun", "verb", "adj", "adv")
)
# nltk needs the list of the 45 files of lexnames(5WN). Debian leaves it out, and synonyms do not need it.
_LEXNAMES: Final = "".join(f"{number:02}\tfile{number:02}\t1\n" for number in range(64))
_FIX: Final = (
    "install it with `apt-get install wordnet-base` or `python -m nltk.downloader wordnet`, "
    "name a folder that has it (--wordnet DIR), or leave synonyms out (--only char-swap,checklist)"
)


class WordNet:
    """Synonyms in the most frequent senses of a word; implements `Synonyms`.

    Args:
        reader: nltk's `WordNetCorpusReader`, see `open_wordnet`.
        location: where its files are, for messages.
    """

    def __init__(self, reader: Any, location: str) -> None:
        self._reader = reader
        self._location = location
        self.of = cache(self._of)
        """Synonyms of a word in lower case, in its own inflection; raises RunError if files are broken."""

    def _of(self, word: str) -> tuple[str, ...]:
        synonyms: dict[str, None] = {}
        for part, base, synset in self._frequent_senses(word):
            for name in synset.lemma_names():
                # Upper case marks proper names and acronyms; an underscore, several words.
                if name != base and name.isalpha() and name.islower():
                    synonym = self._inflect_like(word, base, name, part)
                    if synonym is not None and synonym != word:
                        synonyms[synonym] = None
        return tuple(synonyms)

    def _frequent_senses(self, word: str) -> list[tuple[str, str, Any]]:
        """Return (part of speech, base form, synset) of senses used at least half as often as the first.

        Uses are counted in WordNet's own tagged texts. A word that is not in those has only its first sense.
        """
        senses = []
        try:
            for part in _FORMS:
                for base in self._reader._morphy(word, part):
                    for synset in self._reader.synsets(base, part, check_exceptions=False):
                        uses = [lemma.count() for lemma in synset.lemmas() if lemma.name().lower() == base]
                        if uses:
                            senses.append((max(uses), part, base, synset))
        except Exception as error:
            # In a broken file, nltk raises whatever its parser raises.
            raise RunError(
                f"the WordNet in {self._location} cannot be read at {word!r} ({type(error).__name__}: "
                f"{error}): its files are damaged, or of several versions; install it again"
            ) from None
        most = max((uses for uses, *_ in senses), default=0)
        frequent = [(part, base, synset) for uses, part, base, synset in senses if uses * 2 >= most]
        return frequent if most else frequent[:1]

    def _inflect_like(self, word: str, base: str, synonym: str, part: str) -> str | None:
        if word == base:
            return synonym
        irregular, of_synonym = self._irregular[part, base], self._irregular[part, synonym]
        for form in _FORMS[part]:
            if inflect(base, form, irregular) == word:
                return inflect(synonym, form, of_synonym)
        if word in irregular and _FORMS[part]:
            # "felt" is to "feel" as "sensed" is to "sense".
            return inflect(synonym, _FORMS[part][0], of_synonym)
        return None

    @cached_property
    def _irregular(self) -> defaultdict[tuple[str, str], list[str]]:
        forms: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for part in _FORMS:
            for form, bases in self._reader._exception_map[part].items():
                for base in bases:
                    forms[part, base].append(form)
        return forms


def open_wordnet(folder: Path | None = None) -> WordNet:
    """Open the WordNet in a folder, or the one of this machine: nltk's data, or the system's package.

    Args:
        folder: one with `index.noun` and `data.noun`, or one of nltk's data (with `corpora/wordnet`).

    Raises:
        RunError: there is none, files are missing, or nltk is not installed.
    """
    require("nltk", "WordNet's files")
    import nltk.data

    root = _find_root(nltk.data, folder)
    # nltk reads only folders on its search path.
    if isinstance(root, str) and root not in nltk.data.path:
        nltk.data.path.append(root)
    try:
        with warnings.catch_warnings():
            # It warns that other languages are missing.
            warnings.simplefilter("ignore")
            return WordNet(_reader_class()(root, None), str(root))
    except Exception as error:
        # In a broken file, nltk raises whatever its parser raises.
        raise RunError(
            f"the WordNet in {root} cannot be read ({type(error).__name__}: {error}): {_FIX}"
        ) from None


def inflect(base: str, form: Form, irregular: Sequence[str] = ()) -> str | None:
    """Return the plural, third person (-s), past (-ed) or participle (-ing) of a word.

    Args:
        base: the word, in lower case.
        form: which form.
        irregular: forms that the rules do not produce, as in WordNet's lists of exceptions: "stopped" and
            "stopping" for "stop", "felt" for "feel".

    Returns:
        The form; None if it is irregular and lacks the regular ending ("felt", "women").
    """
    for exception in irregular:
        if exception.endswith(_ENDING[form]):
            return exception
    if form == "plural" and irregular:
        return None
    if form == "past" and any(not exception.endswith(("ing", "s")) for exception in irregular):
        return None
    return _inflect_regular(base, _ENDING[form])


def _inflect_regular(base: str, ending: str) -> str:
    if base.endswith("y") and ending != "ing" and base[-2:-1] not in _VOWELS:
        return base[:-1] + ("ies" if ending == "s" else "ied")
    if ending == "s":
        return base + ("es" if base.endswith(_SIBILANTS) else "s")
    if ending == "ed":
        return base + ("d" if base.endswith("e") else "ed")
    if base.endswith("ie"):
        return base[:-2] + "ying"
    silent = base.endswith("e") and not base.endswith(("ee", "oe", "ye"))
    return (base[:-1] if silent else base) + "ing"


def _find_root(data: Any, folder: Path | None) -> Any:
    """Return the folder as a string, or nltk's pointer to one, which may lie in a zip file."""
    candidates = (
        SYSTEM_FOLDERS if folder is None else (folder, folder / "dict", folder / "corpora" / "wordnet")
    )
    for candidate in candidates:
        missing = [name for name in _NEEDED if not (candidate / name).is_file()]
        if not missing:
            return str(candidate.resolve())
        if len(missing) < len(_NEEDED):
            raise RunError(f"the WordNet in {candidate} lacks {', '.join(missing)}: {_FIX}")
    nltk_folder = None if folder is None else str(folder.resolve())
    if nltk_folder is not None and nltk_folder not in data.path:
        data.path.append(nltk_folder)
    # nltk's downloader leaves WordNet packed.
    for name in ("corpora/wordnet", "corpora/wordnet.zip/wordnet/"):
        try:
            return data.find(name, None if nltk_folder is None else [nltk_folder])
        except (LookupError, OSError, ValueError):
            continue
    searched = ", ".join(map(str, candidates)) + (" or nltk's data folders" if nltk_folder is None else "")
    raise RunError(f"there is no WordNet in {searched}: {_FIX}")


@cache
def _reader_class() -> type[Any]:
    from nltk.corpus.reader.wordnet import WordNetCorpusReader

    class SynonymReader(WordNetCorpusReader):  # type: ignore[misc]
        """nltk's reader, for installations that have only the files that synonyms need, such as Debian's."""

        def open(self, file: str) -> Any:
            try:
                return super().open(file)
            except OSError:
                if file in _NEEDED:
                    raise
                return io.StringIO(_LEXNAMES if file == "lexnames" else "")

        def map_wn(self, version: str = "wordnet") -> None:
            """Map to no other version: that needs files of nltk for other languages."""

    return SynonymReader
