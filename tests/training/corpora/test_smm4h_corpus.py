from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.corpora.reading_log import ReadingLog
from training.corpora.smm4h_corpus import read_smm4h_corpus
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

HEADERS = {
    "tweets": "tweet_id\ttweet",
    "class": "tweet_id\tlabel",
    "spans": "tweet_id\ttype\tstart\tend\tspan",
    "spans_norm": "tweet_id\ttype\tstart\tend\tspan\tptid",
}
TASK3 = "tweet_id\tbegin\tend\ttype\textraction\tdrug\ttweet\tmeddra_code\tmeddra_term"


def write(folder: Path, name: str, *rows: str, header: bool = True) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [HEADERS[name], *rows] if header else rows
    (folder / f"{name}.tsv").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def write_table(path: Path, header: str, *rows: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in (header, *rows)), encoding="utf-8")
    return path


@pytest.mark.parametrize("header", [True, False])
def test_the_folders_of_2021_are_read_with_and_without_headers(tmp_path: Path, header: bool) -> None:
    for split in ("train", "dev"):
        folder = tmp_path / split
        write(folder, "tweets", "1\tpillex made my head spin", "2\tpillex at last", header=header)
        write(folder, "class", "1\tADE", "2\tNoADE", header=header)
        write(folder, "spans", "1\tADE\t15\t24\thead spin", header=header)
        write(folder, "spans_norm", "1\tADE\t15\t24\thead spin\t10013573", header=header)
    log = ReadingLog(strict=True)
    examples = [
        Example("1", "pillex made my head spin", 1, (AnnotatedSpan(15, 24, "10013573"),)),
        Example("2", "pillex at last", 0),
    ]
    assert read_smm4h_corpus(tmp_path, log) == {"train": examples, "valid": examples}


def test_a_text_is_the_raw_rest_of_its_line(tmp_path: Path) -> None:
    text = '"pillex" ""again"":\tmy head \N{FACE WITH HEAD-BANDAGE} is heavy\u2028 \x85 " '
    start = text.index("heavy")
    write(tmp_path, "tweets", f"1\t{text}")
    write(tmp_path, "spans_norm", f"1\tADE\t{start}\t{start + 5}\tHEAVY\t10019211")
    [example] = read_smm4h_corpus(tmp_path, ReadingLog(strict=True))["all"]
    assert example.text == text
    assert example.text[slice(example.spans[0].start, example.spans[0].end)] == "heavy"


def test_spans_with_and_without_a_code_are_combined(tmp_path: Path) -> None:
    write(tmp_path, "tweets", "1\tdizzy and sick")
    write(tmp_path, "spans", "1\tADE\t0\t5\tdizzy", "1\tADE\t10\t14\tsick")
    write(tmp_path, "spans_norm", "1\tADE\t0\t5\tdizzy\t10013573", "1\tADE\t0\t5\tdizzy\t10013573")
    [example] = read_smm4h_corpus(tmp_path, ReadingLog(strict=True))["all"]
    assert example.spans == (AnnotatedSpan(0, 5, "10013573"), AnnotatedSpan(10, 14))


def test_two_codes_for_one_span_are_both_kept(tmp_path: Path) -> None:
    write(tmp_path, "tweets", "1\tdizzy and sick")
    write(tmp_path, "spans_norm", "1\tADE\t0\t14\tdizzy and sick\t1", "1\tADE\t0\t14\tdizzy and sick\t2")
    [example] = read_smm4h_corpus(tmp_path, ReadingLog(strict=True))["all"]
    assert example.spans == (AnnotatedSpan(0, 14, "1"), AnnotatedSpan(0, 14, "2"))


def test_the_first_of_several_codes_in_a_field_is_kept_and_noted(tmp_path: Path) -> None:
    write(tmp_path, "tweets", "1\tdizzy and sick")
    rows = ("1\tADE\t0\t5\tdizzy\t10013573/10047340", "1\tADE\t10\t14\tsick\t10028813")
    write(tmp_path, "spans_norm", *rows)
    log = ReadingLog(strict=True)
    [example] = read_smm4h_corpus(tmp_path, log)["all"]
    assert [span.ptid for span in example.spans] == ["10013573", "10028813"]
    assert log.noted == {"several codes for one span, the first kept": 1}


def test_the_tables_of_2020_are_combined_by_tweet(tmp_path: Path) -> None:
    write_table(
        tmp_path / "task2_en_training.tsv",
        "tweet_id\tuser_id\tclass\ttweet",
        "1\t7\t1\tpillex made me sick",
        "2\t8\t0\tpillex works",
    )
    write_table(
        tmp_path / "task3_training.tsv",
        TASK3,
        "1\t15\t19\tADR\tsick\tpillex\tpillex made me sick\t10028813\tnausea",
        "3\t\t\t\t\tpillex\tno effect at all\t\t",
        "4\t-\t-\t-\t-\tpillex\tstill none\t-\t-",
        "5\t0\t4\tADR\tHigh\tpillex\thigh on it\t10000001.0\tx",
        "5\t8\t10\tDrug\tit\tpillex\thigh on it\t\t",
    )
    write_table(tmp_path / "task3_validation.tsv", TASK3, "9\t0\t3\tADR\tbad\tp\tbad one\t-1\t")
    log = ReadingLog(strict=True)
    assert read_smm4h_corpus(tmp_path, log) == {
        "train": [
            Example("1", "pillex made me sick", 1, (AnnotatedSpan(15, 19, "10028813"),)),
            Example("2", "pillex works", 0),
            Example("3", "no effect at all", 0),
            Example("4", "still none", 0),
            Example("5", "high on it", 1, (AnnotatedSpan(0, 4, "10000001"),)),
        ],
        "valid": [Example("9", "bad one", 1, (AnnotatedSpan(0, 3),))],
    }
    assert log.noted == {"span of another type": 1}


def test_tabs_in_a_tweet_between_other_columns_stay(tmp_path: Path) -> None:
    path = write_table(tmp_path / "table.tsv", TASK3, "1\t2\t5\tADR\tsad\tp\ta\tsad\tday\t10000001\tterm")
    [example] = read_smm4h_corpus(path, ReadingLog(strict=True))["all"]
    assert example == Example("1", "a\tsad\tday", 1, (AnnotatedSpan(2, 5, "10000001"),))


def test_a_test_set_without_labels_is_noted_and_left_out(tmp_path: Path) -> None:
    write(tmp_path / "train", "tweets", "1\tfine")
    write(tmp_path / "train", "class", "1\tNoADE")
    write(tmp_path / "test", "tweets", "2\twho knows")
    log = ReadingLog(strict=True)
    assert list(read_smm4h_corpus(tmp_path, log)) == ["train"]
    assert log.noted == {"tweets without labels": 1}


FAULTS = {
    "offset mismatch": ("spans", "1\tADE\t0\t4\tsick", 2),
    "malformed offsets": ("spans", "1\tADE\tzero\t4\tsick", 2),
    "no such tweet": ("spans", "404\tADE\t0\t4\tsick", 2),
    "number of fields": ("spans", "1\tADE\t15\t19\tsick\t10028813\tx", 2),
    "malformed code": ("spans_norm", "1\tADE\t15\t19\tsick\tnausea", 2),
    "unknown class": ("class", "1\tmaybe", 4),
    "two classes for one tweet": ("class", "1\tNoADE", 4),
    "two texts for one tweet": ("tweets", "1\tanother", 4),
    "empty tweet": ("tweets", "3\t ", 4),
    "class against spans": ("spans", "2\tADE\t0\t6\tpillex", 2),
}


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("reason", FAULTS)
def test_a_row_at_fault_is_reported_with_file_line_and_reason(
    tmp_path: Path, reason: str, strict: bool
) -> None:
    name, row, line = FAULTS[reason]
    rows = {
        "tweets": ["1\tpillex made me sick", "2\tpillex works"],
        "class": ["1\tADE", "2\tNoADE"],
        "spans": [],
        "spans_norm": [],
    }
    for file, rows_of_file in rows.items():
        write(tmp_path, file, *rows_of_file, *([row] if file == name else []))
    if strict:
        with pytest.raises(CorpusError, match=rf"{name}\.tsv, line {line}: {reason}"):
            read_smm4h_corpus(tmp_path, ReadingLog(strict=True))
        return
    log = ReadingLog()
    assert [(e.id, e.text) for e in read_smm4h_corpus(tmp_path, log)["all"]] == [
        ("1", "pillex made me sick"),
        ("2", "pillex works"),
    ]
    assert log.dropped == {reason: 1}


def test_a_tweet_with_an_unreadable_class_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, "tweets", "1\tone", "2\ttwo")
    write(tmp_path, "class", "1\tADE", "2\tperhaps")
    log = ReadingLog()
    assert [e.id for e in read_smm4h_corpus(tmp_path, log)["all"]] == ["1"]
    assert log.dropped["no class"] == 1


def test_a_tweet_whose_only_span_is_misplaced_still_reports_an_effect(tmp_path: Path) -> None:
    write(tmp_path, "tweets", "1\tpillex made me sick", "2\tpillex made me itch", "3\tpillex works")
    write(tmp_path, "spans", "1\tADE\t0\t4\tsick", "2\tADE\t?\t?\titch")
    examples = read_smm4h_corpus(tmp_path, ReadingLog())["all"]
    assert [(e.label, e.spans) for e in examples] == [(1, ()), (1, ()), (0, ())]


def test_an_empty_file_is_reported_as_empty(tmp_path: Path) -> None:
    (tmp_path / "mine.tsv").touch()
    with pytest.raises(CorpusError, match="empty"):
        read_smm4h_corpus(tmp_path, ReadingLog(strict=True))
    (tmp_path / "mine.tsv").rename(tmp_path / "tweets.tsv")
    assert read_smm4h_corpus(tmp_path, ReadingLog(strict=True)) == {}


def test_a_folder_without_tables_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"tweets\.tsv"):
        read_smm4h_corpus(tmp_path, ReadingLog())


TEXTS = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\n"), min_size=1, max_size=30
).filter(lambda text: bool(text.strip()) and not text.endswith("\r"))


@given(
    st.lists(TEXTS.filter(lambda t: t.strip() and not t.endswith("\r")), min_size=1, max_size=4), st.data()
)
def test_any_tweets_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp() / "official"
    expected, rows = [], []
    for number, text in enumerate(texts):
        letters = [i for i, character in enumerate(text) if not character.isspace() and character != "\t"]
        start = data.draw(st.sampled_from(letters))
        expected.append(Example(f"id{number}", text, 1, (AnnotatedSpan(start, start + 1, "10000001"),)))
        rows.append(f"id{number}\tADE\t{start}\t{start + 1}\t{text[start].upper().lower()}\t10000001")
    write(folder, "tweets", *(f"{e.id}\t{e.text}" for e in expected))
    write(folder, "spans_norm", *rows)
    log = ReadingLog()
    read = read_smm4h_corpus(folder, log)["all"]
    assert [(e.id, e.text, e.label) for e in read] == [(e.id, e.text, 1) for e in expected]
    # A letter whose lower case changes when it is upper-cased first does not match its span.
    with_spans = [e for e in read if e.spans]
    assert len(with_spans) + log.dropped["offset mismatch"] == len(expected)
    assert all(e in expected for e in with_spans)


@given(
    st.lists(st.sampled_from([b"tweet_id", b"1", b"2", b"ADE", b"0", b"\t", b"\n", b"\xff", b"tweet", b"x"]))
)
def test_any_files_yield_a_corpus_or_faults(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "wild-official"
    write(folder, "tweets", "1\tADE 0")
    (folder / "spans_norm.tsv").write_bytes(b"".join(pieces))
    for examples in read_smm4h_corpus(folder, ReadingLog()).values():
        assert [example.text for example in examples] == ["ADE 0"]


def test_offsets_in_utf16_units_are_converted(tmp_path: Path) -> None:
    write(tmp_path, "tweets", "1\t😀😀 pillex gave me hives today")
    write(tmp_path, "class", "1\tADE")
    write(tmp_path, "spans", "1\tADE\t20\t25\thives")
    log = ReadingLog()
    [example] = read_smm4h_corpus(tmp_path, log)["all"]
    assert example.spans == (AnnotatedSpan(18, 23),)
    assert log.noted.total() == 1
