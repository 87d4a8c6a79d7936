"""Build three data files from packages of others: `python -m monitor.enrich.drugs.build_dictionary`.

    lexicon.tsv            drugs and names that `drugs.tsv`, which is written by hand, lacks
    not_misspellings.txt   English words, and names of people, that are close to the name of a drug
    frequent_words.txt     frequent English words that sound a little like the name of a drug

It needs these packages, none of which the monitor itself uses:

    pip install drug-named-entity-recognition english-words names pyspellchecker

All are under the MIT licence. The lexicon's names come from MedlinePlus, MeSH (both of the U.S. National
Library of Medicine) and DrugBank's open data (CC0); those that it has from Wikipedia alone are left out. The
names of people are those of the U.S. census of 1990.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any, Final

from monitor.enrich.drugs.ambiguity import read_ambiguous_names
from monitor.enrich.drugs.drug_dictionary import COLUMNS, Dictionary, dictionary_of, read_drug_table
from monitor.enrich.drugs.matcher_loading import DATA
from monitor.enrich.drugs.misspellings import MisspellingSearch, spelled_names
from monitor.findings import DrugNaming

_NAME: Final = re.compile(r"[a-z]+(?:-[a-z]+)?")
_INGREDIENT: Final = re.compile(r"[a-z]+(?: [a-z]+)?")
_OTHER_WORDS: Final = (
    "allergan amgen novartis genentech neuro broviac migraine migrane bluetooth instagram snapchat tiktok"
)
"""Names of companies and products, and words that the lists lack."""
_FREQUENT: Final = 1_000
"""How often a word occurs in the list of pyspellchecker, to be a frequent one."""
_SHORTEST: Final = 7
"""Fewest letters of a name: shorter ones mean too many other things."""
_FORMS: Final = re.compile(
    r"\b(and|otic|nasal|buccal|vaginal|patch|ophthalmic|topical|oral|rectal|inhalation|spray|cream|urogenital|"
    r"intravesical|complex|combinations?|vaccine|human|supplements|enema|gel|shampoo|drops|inhalers|tablets|"
    r"capsules|injections?|acid|sodium|potassium|calcium)\b"
)
"""Words of an entry that is a form of a drug, a salt or a mixture, not an ingredient."""


def english_words() -> set[str]:
    """Return the words of two lists of English, in lower case."""
    from english_words import get_english_words_set
    from spellchecker import SpellChecker

    return {*get_english_words_set(["web2", "gcide"], lower=True), *SpellChecker().word_frequency.dictionary}


def names_of_people() -> set[str]:
    """Return first and last names, in lower case."""
    lists = [path for path in files("names").iterdir() if path.name.startswith("dist.")]
    return {line.split()[0].lower() for path in lists for line in path.read_text().splitlines() if line}


def lexicon_rows(known: Dictionary, words: set[str]) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield drugs of the lexicon, with generic names and brands that are not known yet.

    The lexicon does not say which names are brands. Names that begin as the drug does count as generic ones.
    """
    from drug_named_entity_recognition import drugs_finder

    entries: Mapping[str, Mapping[str, Any]] = drugs_finder.drug_canonical_to_data
    names: defaultdict[str, set[str]] = defaultdict(set)
    for name, drugs in drugs_finder.drug_variant_to_canonical.items():
        if len(drugs) == 1 and len(name) >= _SHORTEST and _NAME.fullmatch(name) and name not in words:
            names[drugs[0]].add(name)
    for drug, entry in sorted(entries.items()):
        is_common = "medline_plus_id" in entry
        if not is_common and ("drugbank_id" not in entry or drug not in names[drug]):
            continue
        if drug not in known and (not _INGREDIENT.fullmatch(drug) or _FORMS.search(drug)):
            continue
        if drug not in known and len(drug) < _SHORTEST:
            continue
        canonical = known[drug].drug if drug in known else drug
        new = (
            sorted(name for name in names[drug] if name not in known and name != canonical)
            if is_common
            else []
        )
        if new or drug not in known:
            generic = [name for name in new if name[:4] == canonical[:4]]
            yield canonical, generic, [name for name in new if name not in generic]


def main() -> None:
    """Write the files."""
    written = list(read_drug_table(DATA / "drugs.tsv"))
    words = english_words()
    lines = ["\t".join(COLUMNS[:4])]
    for drug, generic, brands in lexicon_rows(dictionary_of(written), words):
        lines.append(f"{drug}\t\t{'|'.join(generic)}\t{'|'.join(brands)}".rstrip())
    (DATA / "lexicon.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    names = spelled_names(dictionary_of(written), read_ambiguous_names(DATA / "ambiguous.tsv"))
    (DATA / "not_misspellings.txt").write_text(_lines(not_misspellings(words)), encoding="utf-8")
    search = MisspellingSearch(names, ())
    frequent = [word for word in frequent_words() if search.sounds_like_a_name(word) and word not in names]
    (DATA / "frequent_words.txt").write_text(_lines(frequent), encoding="utf-8")


def _lines(words: list[str]) -> str:
    return "\n".join(words) + "\n"


def not_misspellings(words: set[str]) -> list[str]:
    """Return words that are close to the name of a drug, and mean something else.

    They are English words, names of people and companies, and frequent words with a mistake, as in "becuase".
    """
    written = dictionary_of(read_drug_table(DATA / "drugs.tsv"))
    ambiguous = read_ambiguous_names(DATA / "ambiguous.tsv")
    known = {**written, **dictionary_of(read_drug_table(DATA / "lexicon.tsv"))}
    search = MisspellingSearch(spelled_names(written, ambiguous), known)
    others = {word for word in words | names_of_people() if word.isascii() and word.isalpha()}
    others |= {typo for word in frequent_words() for typo in typos(word)} | set(_OTHER_WORDS.split())
    return sorted(
        word
        for word in others
        for _, name in search.find(f" {word} ")
        if not (name == f"{word}e" and written[name].naming is DrugNaming.GENERIC)
    )


def frequent_words() -> list[str]:
    """Return English words that people write often, in lower case."""
    from spellchecker import SpellChecker

    frequencies = SpellChecker().word_frequency.dictionary
    return sorted(word for word in frequencies if frequencies[word] >= _FREQUENT and word.isalpha())


def typos(word: str) -> Iterator[str]:
    """Yield a word with each letter left out, and with each pair of letters exchanged."""
    for place in range(len(word)):
        before, letter, after = word[:place], word[place], word[place + 1 :]
        yield before + after
        if after:
            yield before + after[0] + letter + after[1:]


if __name__ == "__main__":
    main()
