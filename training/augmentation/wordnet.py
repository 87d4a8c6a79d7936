"""Putting a word into the form of another: plural, -s, -ed and -ing, as far as English is regular.

Synonyms of WordNet (Miller 1995).

Finding the files of a WordNet, and reading them by nltk.
"""

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
_HISSES: Final = ("s", "x", "z", "ch", "sh")


def inflected(base: str, form: Form, irregular: Sequence[str] = ()) -> str | None:
    """Form a word's plural, third person (-s), past (-ed) or participle (-ing).

    Args:
        base: the word, in lower case.
        form: which form.
        irregular: forms of the word that the rules do not give, as WordNet's lists of exceptions have them:
            "stopped" and "stopping" for "stop", "felt" for "feel".

    Returns:
        The form; None where it is irregular and does not have the regular ending ("felt", "women").
    """
    for known in irregular:
        if known.endswith(_ENDING[form]):
            return known
    if form == "plural" and irregular:
        return None
    if form == "past" and any(not known.endswith(("ing", "s")) for known in irregular):
        return None
    return _regular(base, _ENDING[form])


def _regular(base: str, ending: str) -> str:
    if base.endswith("y") and ending != "ing" and base[-2:-1] not in _VOWELS:
        return base[:-1] + ("ies" if ending == "s" else "ied")
    if ending == "s":
        return base + ("es" if base.endswith(_HISSES) else "s")
    if ending == "ed":
        return base + ("d" if base.endswith("e") else "ed")
    if base.endswith("ie"):
        return base[:-2] + "ying"
    silent = base.endswith("e") and not base.endswith(("ee", "oe", "ye"))
    return (base[:-1] if silent else base) + "ing"


# The parts of speech, each with the forms that it has beside its base; the first is that of irregular forms.
_FORMS: Final[dict[str, tuple[Form, ...]]] = {
    "n": ("plural",),
    "v": ("past", "participle", "third person"),
    "a": (),
    "r": (),
}


class WordNet:
    """Gives synonyms in the senses that a word is used in most; a `Synonyms`.

    Args:
        reader: nltk's `WordNetCorpusReader`, see `open_wordnet`.
        place: where its files lie, for messages.
    """

    def __init__(self, reader: Any, place: str) -> None:
        self._reader = reader
        self._place = place
        self.of = cache(self._of)
        """Gives the synonyms of a word in lower case, in its own inflection; a RunError where the files are
        broken."""

    def _of(self, word: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for part, base, sense in self._usual_senses(word):
            for name in sense.lemma_names():
                # Upper case marks proper names and acronyms; an underline, several words.
                if name != base and name.isalpha() and name.islower():
                    formed = self._formed_as(word, base, name, part)
                    if formed is not None and formed != word:
                        found[formed] = None
        return tuple(found)

    def _usual_senses(self, word: str) -> list[tuple[str, str, Any]]:
        """Give (part of speech, base form, synset) of the senses used at least half as often as the first.

        How often is counted in WordNet's own tagged texts; a word that is not in those has its first sense.
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
            # nltk meets a broken file with whatever its parser stumbles over.
            raise RunError(
                f"the WordNet in {self._place} cannot be read at {word!r} ({type(error).__name__}: {error}): "
                "its files are damaged, or of several versions; install it anew"
            ) from None
        most = max((uses for uses, *_ in senses), default=0)
        usual = [(part, base, synset) for uses, part, base, synset in senses if uses * 2 >= most]
        return usual if most else usual[:1]

    def _formed_as(self, word: str, base: str, synonym: str, part: str) -> str | None:
        if word == base:
            return synonym
        irregular, of_synonym = self._irregular[part, base], self._irregular[part, synonym]
        for form in _FORMS[part]:
            if inflected(base, form, irregular) == word:
                return inflected(synonym, form, of_synonym)
        if word in irregular and _FORMS[part]:
            # "felt" is to "feel" as "sensed" is to "sense".
            return inflected(synonym, _FORMS[part][0], of_synonym)
        return None

    @cached_property
    def _irregular(self) -> defaultdict[tuple[str, str], list[str]]:
        forms: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for part in _FORMS:
            for form, bases in self._reader._exception_map[part].items():
                for base in bases:
                    forms[part, base].append(form)
        return forms


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
