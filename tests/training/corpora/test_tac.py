from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest

from training.corpora.reading_log import ReadingLog
from training.corpora.tac import read_tac
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

LINES = (
    "6 ADVERSE REACTIONS",
    "The patients had hives & fever of the hands.",
    "There was no gout.",
    "Rats grew tails.",
    "In one trial patients slept for a month and told us so; nobody can say whether it was the drug.",
    "In another one nobody slept, which the authors of this label hold for an accident without weight.",
)
TEXT = "\n\n   ".join(LINES)


def _mention(
    number: int, words: str, *, kind: str = "AdverseReaction", at: tuple[tuple[int, int], ...] = ()
) -> str:
    places = at or ((TEXT.index(words), len(words)),)
    starts, sizes = (",".join(str(place[i]) for place in places) for i in (0, 1))
    where = f'section="S1" type="{kind}" start="{starts}" len="{sizes}"'
    return f'<Mention id="M{number}" {where} str={quoteattr(words)} />'


def _label(
    folder: Path, *mentions: str, relations: str = "", reactions: str = "", name: str = "PILLEX"
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.xml"
    path.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Label drug="{name}" track="TAC2017_ADR">'
        f'<Text><Section id="S1" name="adverse reactions">{escape(TEXT)}</Section></Text>'
        f"<Mentions>{''.join(mentions)}</Mentions><Relations>{relations}</Relations>"
        f"<Reactions>{reactions}</Reactions></Label>",
        encoding="utf-8",
    )
    return path


HIVES = _mention(1, "hives")


def _positives(source: Path, log: ReadingLog | None = None) -> list[Example]:
    (examples,) = read_tac(source, log or ReadingLog()).values()
    return [example for example in examples if example.label]


def test_a_label_is_cut_into_sentences_of_one_document(tmp_path: Path) -> None:
    examples = read_tac(_label(tmp_path, HIVES), ReadingLog())["all"]
    assert [example.text for example in examples] == list(LINES)
    assert examples[1] == Example("PILLEX:S1:1", LINES[1], 1, (AnnotatedSpan(17, 22),), "PILLEX")
    assert {example.document for example in examples} == {"PILLEX"}


def test_a_reaction_has_the_terms_of_all_mentions_of_its_words(tmp_path: Path) -> None:
    term = (
        '<Normalization id="AR1.N1" meddra_pt="Urticaria" meddra_pt_id="10046735" meddra_llt_id="10020197"/>'
    )
    (example,) = _positives(
        _label(tmp_path, HIVES, reactions=f'<Reaction id="AR1" str="hives">{term}</Reaction>')
    )
    assert example.spans == (AnnotatedSpan(17, 22, "10046735", "Urticaria", "10020197"),)


def test_the_first_term_that_is_not_above_the_pts_is_taken(tmp_path: Path) -> None:
    terms = (
        '<Normalization meddra_pt="Skin disorders" meddra_pt_id="10040900" flag="HLT"/>'
        '<Normalization flag="unmapped"/>'
        '<Normalization meddra_pt="Urticaria" meddra_pt_id="10046735"/>'
        '<Normalization meddra_pt="Rash" meddra_pt_id="10037844"/>'
    )
    log = ReadingLog()
    (example,) = _positives(
        _label(tmp_path, HIVES, reactions=f'<Reaction str="hives">{terms}</Reaction>'), log
    )
    assert example.spans == (AnnotatedSpan(17, 22, "10046735", "Urticaria"),)
    assert log.noted["several codes for one span, the first kept"] == 1


def test_a_discontinuous_mention_is_covered_by_one_range(tmp_path: Path) -> None:
    at = ((TEXT.index("hives"), 5), (TEXT.index("of the hands"), 12))
    log = ReadingLog()
    (example,) = _positives(_label(tmp_path, _mention(1, "hives of the hands", at=at)), log)
    assert example.text[slice(example.spans[0].start, example.spans[0].end)] == "hives & fever of the hands"
    assert log.noted["discontinuous span, covered by one range"] == 1


def test_negated_effects_and_those_in_animals_are_left_out(tmp_path: Path) -> None:
    relations = (
        '<Relation id="RL1" type="Negated" arg1="M2" arg2="M3" />'
        '<Relation id="RL2" type="Hypothetical" arg1="M4" arg2="M5" />'
        '<Relation id="RL3" type="Hypothetical" arg1="M1" arg2="M6" />'
    )
    mentions = (
        HIVES,
        _mention(2, "gout"),
        _mention(3, "no", kind="Negation"),
        _mention(4, "grew tails"),
        _mention(5, "Rats", kind="Animal"),
        _mention(6, "patients", kind="DrugClass"),
    )
    log = ReadingLog()
    assert [
        example.text for example in _positives(_label(tmp_path, *mentions, relations=relations), log)
    ] == [LINES[1]]
    assert log.noted == {"negated effect": 1, "effect in animals": 1}


def test_folders_of_training_and_gold_labels_are_splits(tmp_path: Path) -> None:
    _label(tmp_path / "train_xml", HIVES, name="A")
    _label(tmp_path / "gold_xml", HIVES, name="B")
    splits = read_tac(tmp_path, ReadingLog())
    assert {split: examples[0].document for split, examples in splits.items()} == {"train": "A", "test": "B"}


def test_a_label_without_annotations_is_left_out_not_read_as_negative(tmp_path: Path) -> None:
    _label(tmp_path, HIVES, name="A")
    _label(tmp_path, name="B")
    log = ReadingLog()
    assert {example.document for example in read_tac(tmp_path, log)["all"]} == {"A"}
    assert log.noted["label without annotations"] == 1


@pytest.mark.parametrize(
    ("mention", "reason"),
    [
        (HIVES.replace('len="5"', 'len="5,1"'), "malformed offsets"),
        (HIVES.replace('len="5"', 'len="x"'), "malformed offsets"),
        (HIVES.replace('str="hives"', 'str="fever"'), "offset mismatch"),
        (HIVES.replace('section="S1"', 'section="S9"'), "no such section"),
    ],
)
def test_a_mention_at_fault_is_dropped(tmp_path: Path, mention: str, reason: str) -> None:
    log = ReadingLog()
    path = _label(tmp_path, mention)
    assert not _positives(path, log)
    assert log.dropped[reason] == 1
    with pytest.raises(CorpusError, match=r"PILLEX\.xml"):
        read_tac(path, ReadingLog(strict=True))


@pytest.mark.parametrize(
    "content",
    [
        "<Label><Text>",
        '<!DOCTYPE Label [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><Label><Mention str="&b;"/></Label>',
        '<!DOCTYPE Label [<!ENTITY a SYSTEM "file:///etc/hostname">]><Label><Mention/><Section>&a;</Section></Label>',
    ],
)
def test_broken_xml_and_entity_declarations_are_rejected(tmp_path: Path, content: str) -> None:
    _label(tmp_path, HIVES)
    (tmp_path / "bad.xml").write_text(content, encoding="utf-8")
    log = ReadingLog()
    assert len(_positives(tmp_path, log)) == 1
    assert log.dropped["malformed XML"] == 1


def test_a_folder_without_labels_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="xml"):
        read_tac(tmp_path, ReadingLog())
    (tmp_path / "other.xml").write_text("<html/>", encoding="utf-8")
    with pytest.raises(CorpusError, match="Label"):
        read_tac(tmp_path, ReadingLog())
