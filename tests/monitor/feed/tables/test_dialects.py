"""The delimiter and the quotes of a table are detected from its first lines."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feed.source import read_source_lines
from monitor.feed.tables.delimited import Dialect, Quoting
from monitor.feed.tables.dialects import detect_dialect, named_delimiter
from tests.monitor.feed.tables.table_reading import read_as


def dialect_of(data: bytes) -> Dialect | None:
    detected = detect_dialect(list(read_source_lines(io.BytesIO(data))))
    return None if detected is None else detected[0]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_the_one_that_gives_a_known_header(delimiter: str) -> None:
    rows = [["Tweet Id", "Full Text"], ["1", '"a, b; c | d\te"'], ["2", '"f, g; h | i\tj"']]
    dialect = dialect_of("".join(delimiter.join(row) + "\n" for row in rows).encode())
    assert dialect is not None
    assert (dialect.delimiter, dialect.width) == (delimiter, 2)


def test_without_a_known_header_most_rows_have_the_same_number_of_columns() -> None:
    dialect = dialect_of(b"x;y;z\n1;a, b;c\n2;d;e, f, g\n")
    assert dialect is not None
    assert (dialect.delimiter, dialect.width) == (";", 3)


def test_one_column_is_not_a_table() -> None:
    assert dialect_of(b"only\none\ncolumn\n") is None


@pytest.mark.parametrize(
    ("line", "delimiter"), [(b"sep=;", ";"), (b'"sep=\t"', "\t"), (b"separate", None), (b'sep="', None)]
)
def test_the_first_line_can_name_the_delimiter(line: bytes, delimiter: str | None) -> None:
    assert named_delimiter(next(read_source_lines(io.BytesIO(line)))) == delimiter


def test_backslashes_can_escape_quotes() -> None:
    dialect = dialect_of(b'id,text\n1,"she said \\"hi, there\\" to me"\n2,"fine, too"\n')
    assert dialect is not None
    assert dialect.quoting is Quoting.ESCAPED


def test_quotes_of_a_few_texts_do_not_make_a_table_quoted() -> None:
    dialect = dialect_of(b'id\ttext\n1\t"hi" she said\n2\tno quotes\n3\t"hi" again\n')
    assert dialect is not None
    assert dialect.quoting is Quoting.NONE


def test_one_stray_quote_does_not_make_a_quoted_table_plain() -> None:
    data = b'"id"\t"text"\n"1"\t"one"\n"2"\t"hi" she said\n"3"\t"three"\n'
    assert read_as(data, "tsv").texts == ["one", '"hi" she said', "three"]


def test_json_strings_without_quoting_are_decoded() -> None:
    texts = ['she said "hi"', "two\nlines", "it’s"]
    rows = "".join(f"{number}\t{json.dumps(text)}\n" for number, text in enumerate(texts))
    assert read_as(f"id\ttext\n{rows}".encode(), "tsv").texts == texts


TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), min_size=1, max_size=30
).filter(lambda text: not text.isspace() and text.strip("0123456789.,+-% ") != "")


@given(
    st.lists(TEXTS.map(lambda text: f"felt {text}"), min_size=1, max_size=6),
    st.sampled_from(",;|\t"),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_the_output_of_a_csv_writer_is_read_unchanged(
    texts: list[str], delimiter: str, quoting: int, line_end: str, doubled: bool
) -> None:
    file = io.StringIO()
    writer = csv.writer(
        file,
        delimiter=delimiter,
        quoting=quoting if doubled else csv.QUOTE_ALL,  # type: ignore[arg-type]
        lineterminator=line_end,
        doublequote=doubled,
        escapechar=None if doubled else "\\",
    )
    writer.writerow(["id", "text"])
    if not doubled:
        # Without any escaped quote, backslashes are ordinary characters.
        texts = ['felt "bad" today', *texts]
    writer.writerows(enumerate(texts))
    result = read_as(file.getvalue().encode(), "csv")
    assert result.texts == texts
    assert not result.rejects
