"""Reader of drug labels as annotated for TAC 2017 (Demner-Fushman et al. 2018, Roberts et al. 2017).

Layout, one file per label:

- `<Label drug><Text><Section id name>text</Section></Text>`;
- `<Mention id section type start len str/>` with offsets in the text of its section, `1,20` and `3,5` if it
  is discontinuous;
- `<Relation type arg1 arg2/>` between mentions;
- `<Reaction str>` with the MedDRA terms of all mentions of those words, `<Normalization meddra_pt
  meddra_pt_id meddra_llt meddra_llt_id flag/>`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from training.corpora.mentions import AnnotatedMention, Parts, collapse_whitespace
from training.corpora.passages import cut_document
from training.corpora.reading_log import ReadingLog
from training.corpora.splits import split_from_name
from training.errors import CorpusError
from training.examples import Example

_LARGEST = 16 << 20  # bytes


def read_tac(source: Path, log: ReadingLog) -> dict[str, list[Example]]:
    """Read a label, or a folder of labels; the folders train_xml and gold_xml in it are splits.

    Labels are cut at lines and sentences; the document of a text is its label. Effects that, according to the
    label, do not occur (relation Negated) or were seen in animals are left out. Effects of a class of drugs
    are not. Of several MedDRA terms of an effect the first is taken.

    Raises:
        CorpusError: there are no such labels, or one is at fault and the log is strict.
    """
    paths = [source] if source.is_file() else sorted(source.rglob("*.xml"))
    if not paths:
        raise CorpusError(f"{source} has no .xml files: name the folder with the labels, such as train_xml")
    splits: dict[str, list[Example]] = {}
    for path in paths:
        root = _parse_label(path, log)
        if root is not None:
            folders = () if source.is_file() else path.parent.relative_to(source).parts
            splits.setdefault(_split_from_folders(folders), []).extend(_examples(path, root, log))
    if not splits:
        raise CorpusError(
            f"{source} holds no annotated label: name the folder with <Label> files, or the gold ones"
        )
    return splits


def _split_from_folders(folders: tuple[str, ...]) -> str:
    for folder in reversed(folders):
        split = "test" if folder.lower().startswith("gold") else split_from_name(folder)
        if split:
            return split
    return "all"


def _parse_label(path: Path, log: ReadingLog) -> ElementTree.Element | None:
    """Parse a file of limited size without entity declarations, which could expand without limit."""
    try:
        if path.stat().st_size > _LARGEST:
            log.drop("file too large", path, None, f"more than {_LARGEST:,} bytes")
            return None
        raw = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path} cannot be read ({error.strerror}): check the path") from None
    if b"<!ENTITY" in raw or b"\0" in raw:
        log.drop("malformed XML", path, None, "it declares entities, or is not in UTF-8")
        return None
    try:
        root = ElementTree.fromstring(raw)  # noqa: S314 - no entities, and of limited size
    except ElementTree.ParseError as error:
        log.drop("malformed XML", path, error.position[0], str(error))
        return None
    if root.tag != "Label":
        log.note("not a label", path, None, f"its outermost element is <{root.tag}>")
        return None
    if root.find(".//Mention") is None and root.find(".//Reaction") is None:
        detail = "it has no mentions, so its effects are unknown"
        log.note("label without annotations", path, None, detail)
        return None
    log.count("labels")
    return root


def _examples(path: Path, root: ElementTree.Element, log: ReadingLog) -> list[Example]:
    drug = root.get("drug") or path.stem
    excluded = _excluded_mentions(root)
    codes = _codes_by_words(path, root, log)
    mentions: dict[str, list[AnnotatedMention]] = defaultdict(list)
    for element in root.iter("Mention"):
        if element.get("type") != "AdverseReaction":
            continue
        name, words = element.get("id", ""), element.get("str")
        if name in excluded:
            log.note(excluded[name], path, None, f"{name} {words!r}")
            continue
        parts = _parse_parts(element)
        if parts is None:
            detail = f"{name} has start {element.get('start')!r} and len {element.get('len')!r}"
            log.drop("malformed offsets", path, None, detail)
            continue
        code = codes.get(collapse_whitespace(words or "").lower(), (None, None, None))
        mentions[element.get("section", "")].append(AnnotatedMention(parts, words, None, *code))
    examples: list[Example] = []
    for section in root.iter("Section"):
        name, text = section.get("id", ""), section.text or ""
        passages = cut_document(f"{drug}:{name}", text, mentions.pop(name, []), path, log)
        examples.extend(replace(example, document=drug) for example in passages)
    for section_id, left in mentions.items():
        for mention in left:
            log.drop("no such section", path, None, f"{mention.words!r} is in section {section_id!r}")
    return examples


def _excluded_mentions(root: ElementTree.Element) -> dict[str, str]:
    """Return the reason for each mention that is not an effect of the drug in people, by its id."""
    kinds = {element.get("id"): element.get("type") for element in root.iter("Mention")}
    excluded = {}
    for relation in root.iter("Relation"):
        kind, first, second = (relation.get(name, "") for name in ("type", "arg1", "arg2"))
        if kind == "Negated":
            excluded[first] = "negated effect"
        elif kind == "Hypothetical" and kinds.get(second) == "Animal":
            excluded.setdefault(first, "effect in animals")
    return excluded


def _parse_parts(element: ElementTree.Element) -> Parts | None:
    starts, lengths = (element.get(name, "").split(",") for name in ("start", "len"))
    try:
        parts = tuple(
            (int(start), int(start) + int(size)) for start, size in zip(starts, lengths, strict=True)
        )
    except ValueError:
        return None
    return parts if all(0 <= start < end for start, end in parts) else None


def _codes_by_words(
    path: Path, root: ElementTree.Element, log: ReadingLog
) -> Mapping[str, tuple[str | None, str | None, str | None]]:
    """Return (PT code, PT name, LLT code) by the words of a reaction in lower case."""
    codes: dict[str, tuple[str | None, str | None, str | None]] = {}
    for reaction in root.iter("Reaction"):
        words = collapse_whitespace(reaction.get("str", "")).lower()
        # Terms with the flag HLT or HLGT are above the PTs, and of no use for the tasks.
        terms = [
            term
            for term in reaction.iter("Normalization")
            if term.get("meddra_pt_id") and not term.get("flag", "").upper().startswith("HL")
        ]
        if len(terms) > 1:
            names = ", ".join(term.get("meddra_pt", "") for term in terms)
            log.note("several codes for one span, the first kept", path, None, f"{words!r}: {names}")
        if terms:
            term = terms[0]
            codes[words] = (term.get("meddra_pt_id"), term.get("meddra_pt"), term.get("meddra_llt_id"))
    return codes
