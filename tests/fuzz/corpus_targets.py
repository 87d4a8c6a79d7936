"""What training reads: corpora of every format, files of scores, and answers of language models."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import openpyxl
import pyarrow
import pyarrow.parquet

from tests.fuzz.containers import joined, scratch, scratch_file, write_folder, zipped
from tests.fuzz.file_targets import parts_of
from tests.fuzz.fuzz_target import FuzzTarget
from training.corpora import (
    AUTO,
    FORMATS,
    Preparation,
    ReadingLog,
    prepare_corpus,
    read_lay_phrases,
    read_splits,
)
from training.evaluation.prediction_files import read_predictions
from training.evaluation.tweet_files import read_texts
from training.evaluation.unlabelled_texts import read_unlabelled
from training.labelling.model_answers import UnusableAnswerError, read_answer

TEXT: Final = "zoloft gave me a terrible headache 😭"
SPAN: Final = {"start": 17, "end": 34, "label": "ADR"}


def lines(*records: Any) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def workbook(**sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def parquet(columns: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), file)
    return file.getvalue()


HEADER: Final = ["id", "drug_id", "sentence_index", "sentences"]
PSYTAR: Final = workbook(
    Sentence_Labeling=[[*HEADER, "ADR", "WD"], [1, "pillex.1", 1, TEXT, 1, None]],
    ADR_Identified=[[*HEADER, "ADR1"], [1, "pillex.1", 1, TEXT, "terrible headache"]],
    WD_Identified=[[*HEADER, "WD1"]],
)
TAC: Final = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Label drug="P" track="TAC2017_ADR"><Text>'
    b'<Section id="S1" name="adverse reactions">The patients had hives &amp; fever.</Section></Text>'
    b"<Mentions>"
    b'<Mention id="M1" section="S1" type="AdverseReaction" start="17" len="5" str="hives" /></Mentions>'
    b'<Relations /><Reactions><Reaction id="AR1" str="hives"><Normalization id="N" meddra_pt="Urticaria"'
    b' meddra_pt_id="10046735" /></Reaction></Reactions></Label>'
)
CORPORA: Final = [
    joined(
        {
            "a.txt": TEXT.encode(),
            "a.ann": b"T1\tADR 17 34\tterrible headache\nT2\tDrug 0 6\tzoloft\nR1\tcauses Arg1:T2 Arg2:T1\n"
            b"T3\tADR 17 25;26 34\tterrible headache\n",
        }
    ),
    joined({"posts.jsonl": lines({"id": "1", "text": TEXT, "label": "ADE", "spans": [SPAN]})}),
    joined(
        {
            "posts.jsonl": lines(
                {"text": TEXT, "labels": [[17, 34, "ADR"]]},
                {
                    "text": TEXT,
                    "entities": [{"id": 1, "start_offset": 17, "end_offset": 34, "label": "ADR"}],
                    "relations": [],
                },
            )
        }
    ),
    joined(
        {"train.json": json.dumps([[TEXT, {"entities": [[17, 34, "ADR"]], "cats": {"ADE": 1}}]]).encode()}
    ),
    joined({"train.jsonl": lines({"text": TEXT, "spans": [SPAN], "answer": "accept"})}),
    joined({"train.jsonl": lines({"tokens": ["so", "dizzy"], "ner_tags": ["O", "B-ADR"]})}),
    joined({"train.csv": f'text,label\n"{TEXT}",1\nfine,0\n'.encode()}),
    joined({"train.parquet": parquet({"text": [TEXT, "fine"], "label": [1, 0]})}),
    joined(
        {
            "reviews.jsonl": lines(
                {"id": "1", "text": TEXT, "decision": "confirmed", "label": "ADE", "spans": [[17, 34, "ADR"]]}
            )
        }
    ),
    joined({"a.conll": b"-DOCSTART- O\n\nso O\ndizzy B-ADR\nand O\n\nfine O\n"}),
    joined(
        {
            "train/tweets.tsv": f"tweet_id\ttext\n1\t{TEXT}\n2\tfine\n".encode(),
            "train/class.tsv": b"1\tADE\n2\tNoADE\n",
            "train/spans_norm.tsv": b"1\tADE\t17\t34\tterrible headache\t10019211\n",
        }
    ),
    joined(
        {
            "DRUG-AE.rel": b"12|Zoloft gave me hives.|hives|15|20|Zoloft|0|6\n",
            "ADE-NEG.txt": b"13 NEG It is fine.\n",
        }
    ),
    joined(
        {
            "train.json": lines(
                {
                    "id": "1",
                    "context": TEXT,
                    "is_mult_event": False,
                    "annotations": [
                        {
                            "events": [
                                {
                                    "event_type": "Adverse_event",
                                    "Effect": {"text": [["terrible headache"]], "start": [[17]]},
                                }
                            ]
                        }
                    ],
                }
            )
        }
    ),
    joined({"PsyTAR.xlsx": PSYTAR}),
    joined({"P.xml": TAC}),
]
NAMES: Final = [*FORMATS, *[AUTO] * (2 * len(FORMATS))]


def read_corpus(data: bytes) -> None:
    folder = scratch() / "corpus"
    write_folder(folder, data)
    form = NAMES[zlib.crc32(data) % len(NAMES)]
    for examples in prepare_corpus(folder, Preparation(form), ReadingLog(False)).values():
        for example in examples:
            for span in example.spans:
                if not example.text[span.start : span.end]:
                    raise AssertionError(f"an empty span in {example.id}")


def read_workbook_corpus(data: bytes) -> None:
    folder = scratch() / "workbook"
    folder.mkdir(exist_ok=True)
    (folder / "PsyTAR.xlsx").write_bytes(data)
    prepare_corpus(folder, Preparation("psytar"), ReadingLog(False))


def of_file(name: str, read: Callable[[Path], object]) -> Callable[[bytes], None]:
    def read_file(data: bytes) -> None:
        result = read(scratch_file(data, name))
        if hasattr(result, "__next__"):
            list(result)

    return read_file


def read_scores(data: bytes) -> None:
    folder = scratch() / "predictions"
    write_folder(folder, data)
    read_predictions(folder, lift=None)


SCORES: Final = joined(
    {
        "class.tsv": b"tweet_id\tlabel\n1\tADE\n",
        "spans_norm.tsv": b"1\tADE\t17\t34\tterrible headache\t10019211\n",
        "probabilities.tsv": b"tweet_id\tprobability\n1\t0.9\n",
        "candidates.tsv": b"tweet_id\tstart\tend\trank\tptid\tscore\n1\t17\t34\t1\t10019211\t0.5\n",
    }
)
ANSWERS: Final = [
    b'{"adverse_effect": true, "effects": [{"quote": "terrible headache", "term": "x", "occurrence": 1}]}',
    b'```json\n{"adverse_effect": false, "effects": []}\n```',
    b"<think>hm</think> {}",
]

CORPUS_TARGETS: Final = [
    FuzzTarget("corpus", read_corpus, CORPORA, [b"\n#@ train.jsonl\n", b"\n#@ b.ann\n", b"\t", b"T1\tADR "]),
    FuzzTarget(
        "corpus-workbook", read_workbook_corpus, [parts_of(PSYTAR)], wrappers=[zipped], always_wrapped=True
    ),
    FuzzTarget("predictions", read_scores, [SCORES], [b"\t", b"\n#@ candidates.tsv\n"]),
    FuzzTarget(
        "texts",
        of_file("texts.jsonl", read_texts),
        [lines({"id": "1", "text": TEXT, "context": "x"}, {"text": "fine"})],
    ),
    FuzzTarget(
        "unlabelled",
        lambda data: list(
            read_unlabelled([scratch_file(data, "posts.tsv"), scratch_file(data, "posts.txt")])
        ),
        [f"1\t{TEXT}\n2\tfine\n".encode()],
    ),
    FuzzTarget(
        "lay-phrases",
        of_file("phrases.tsv", read_lay_phrases),
        [b"mention\tconcept_name\tpt_code\nhead ache\tHeadache\t1\n"],
        [b"\t"],
    ),
    FuzzTarget(
        "prepared-corpus",
        of_file("train.jsonl", lambda path: read_splits(path)),
        [lines({"id": "1", "text": TEXT, "label": 1, "spans": [{"start": 17, "end": 34, "ptid": "1"}]})],
    ),
    FuzzTarget(
        "model-answer",
        lambda data: read_answer(data.decode("utf-8", "replace"), TEXT),
        ANSWERS,
        documented=(UnusableAnswerError,),
    ),
]
