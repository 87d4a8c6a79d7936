"""Archives of tweets and exports of listening tools: their titles, ids, platforms and contexts.

The files are written after the published titles of each tool, with invented posts.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping

from monitor.feed.file_format import Sample
from tests.monitor.feed.tables.table_reading import FORMATS, TableResult, read_as

ID = "1212092628029698048"
TWEET_URL = f"https://twitter.com/ann/status/{ID}"
DATE = "2026-03-14T09:26:53.000Z"


def table(*rows: Mapping[str, str], delimiter: str = ",", preamble: str = "") -> str:
    """Return a table with the titles of all rows; a row is written as its cells by their titles."""
    titles = dict.fromkeys(title for row in rows for title in row)
    file = io.StringIO()
    writer = csv.DictWriter(file, list(titles), delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return preamble + file.getvalue()


def read_text(text: str, encoding: str = "utf-8") -> TableResult:
    return read_as(text.encode(encoding))


def test_a_csv_of_twarc_has_reposts_quotes_and_replies() -> None:
    common = {"author_id": "5", "created_at": DATE, "lang": "en", "author.id": "5"}
    end = {"__twarc.retrieved_at": "2026", "__twarc.version": "2.9"}
    text = table(
        {
            "id": ID,
            "referenced_tweets.replied_to.id": "",
            "referenced_tweets.retweeted.id": "77",
            "referenced_tweets.quoted.id": "",
            "retweeted_username": "bob",
            "text": "the whole text\nof the original",
            **common,
            **end,
        },
        {"id": "11", "referenced_tweets.quoted.id": "78", "text": "my own words", **common, **end},
        {"id": "12", "referenced_tweets.replied_to.id": "79", "text": "@bob me too", **common, **end},
        {"id": "13", "text": "so dizzy", **common, **end},
    )
    result = read_text(text)
    assert result.entries[0] == {
        "id": ID,
        "text": "RT @bob: the whole text\nof the original",
        "author_id": "5",
        "created_at": DATE,
        "lang": "en",
        "platform": "x",
        "kind": "repost",
        "referenced_id": "77",
        "url": f"https://x.com/i/status/{ID}",
    }
    references = [(entry.get("kind"), entry.get("referenced_id")) for entry in result.entries]
    assert references == [("repost", "77"), ("quote", "78"), ("reply", "79"), (None, None)]
    assert len(result.posts) == 4


def test_line_ends_in_a_csv_of_twarc_are_written_as_letters() -> None:
    row = {"id": ID, "text": "so\\nsick", "__twarc.retrieved_at": "2026"}
    assert read_text(table(row)).texts == ["so\nsick"]
    assert read_text(table({"id": ID, "text": "so\\nsick"})).texts == ["so\\nsick"]


def test_an_edited_tweet_in_a_csv_of_twarc_has_the_id_of_its_first_version() -> None:
    row = {
        "id": ID,
        "text": "so sick",
        "edit_history_tweet_ids": f'["77", "{ID}"]',
        "__twarc.retrieved_at": "2026",
    }
    entry = read_text(table(row)).posts[0]
    assert (entry.id, entry.aliases) == ("77", (ID,))


def test_a_csv_of_rtweet_has_whole_reposts_and_quoted_texts() -> None:
    repost, quote = read_text(
        table(
            {
                "status_id": f"x{ID}",
                "text": "RT @bob: since zoloft I have been …",
                "retweet_status_id": "x1212092628029698001",
                "retweet_text": "since zoloft I have been so sick",
                "quoted_text": "",
            },
            {
                "status_id": "x1212092628029698050",
                "text": "me too",
                "quoted_status_id": "x1212092628029698002",
                "quoted_text": "zoloft made me sick",
            },
        )
    ).entries
    assert (repost["id"], repost["referenced_id"]) == (ID, "1212092628029698001")
    assert repost["text"] == "RT @bob: since zoloft I have been so sick"
    assert (quote["text"], quote["kind"]) == ("me too", "quote")
    quoted = {"kind": "quoted", "text": "zoloft made me sick", "id": "1212092628029698002"}
    assert quote["context"] == [quoted]


def test_cells_with_json_strings_are_decoded() -> None:
    texts = ['she said "hi"\nit’s 😀', "plain"]
    rows = [
        {"id": post_id, "author_id": "5", "text": text, "__twarc.retrieved_at": "2026"}
        for post_id, text in zip([ID, f"{ID[:-1]}9"], texts, strict=True)
    ]
    # A column with few cells is decoded, too.
    rows[0] |= {"referenced_tweets.retweeted.id": "77", "retweeted_username": "bob"}
    encoded = [{title: json.dumps(cell) for title, cell in row.items()} for row in rows]
    result = read_text(table(*encoded))
    assert result.texts == [f"RT @bob: {texts[0]}", texts[1]]
    assert result.ids == [ID, f"{ID[:-1]}9"]


def test_an_export_of_social_feed_manager_names_the_kind_of_each_tweet() -> None:
    common = {
        "tweet_url": TWEET_URL,
        "created_at": "Sat Mar 14 09:26:53 +0000 2026",
        "parsed_created_at": "2026-03-14 09:26:53+00:00",
        "user_screen_name": "ann",
        "user_id": "5",
    }
    repost = {"tweet_type": "retweet", "retweet_or_quote_id": "77", "retweet_or_quote_screen_name": "bob"}
    first, second = read_text(
        table(
            {"id": ID, "text": "so sick", **common, **repost},
            {"id": "11", "text": "so dizzy", "tweet_type": "original", **common},
        )
    ).entries
    assert first["text"] == "RT @bob: so sick"
    assert (first["kind"], first["referenced_id"], first["author_id"]) == ("repost", "77", "5")
    assert first["created_at"] == "2026-03-14T09:26:53+00:00"
    assert "kind" not in second


def test_an_export_of_brandwatch_has_a_preamble_and_posts_of_several_platforms() -> None:
    text = table(
        {
            "Query Id": "1",
            "Query Name": "q",
            "Date": "2026-03-14 09:26:53.0",
            "Title": "so sick since ...",
            "Snippet": "so sick since zoloft",
            "Url": TWEET_URL,
            "Domain": "twitter.com",
            "Page Type": "twitter",
            "Language": "en",
            "Author": "ann",
            "Full Text": "so sick since zoloft today",
            "Resource Id": "900",
            "Thread Entry Type": "reply",
            "Twitter Author ID": "5",
            "Twitter Reply to": "http://twitter.com/bob/statuses/77",
        },
        {
            "Query Id": "1",
            "Query Name": "q",
            "Date": "2026-03-14 09:27:53.0",
            "Title": "Zoloft and sleep",
            "Snippet": "does it stop",
            "Url": "https://forum.example/t/5#p9",
            "Domain": "forum.example",
            "Page Type": "forum",
            "Language": "en",
            "Author": "bob",
            "Resource Id": "901",
            "Thread Entry Type": "reply",
        },
        preamble="Report:,Side effects\r\nBrand:,Q1\r\nFrom:,01 Jan 2026\r\nLabel:,\r\n\r\n",
    )
    result = read_text(text)
    assert result.entries == [
        {
            "id": ID,
            "text": "so sick since zoloft today",
            "author_id": "5",
            "created_at": "2026-03-14T09:26:53.0Z",
            "lang": "en",
            "url": TWEET_URL,
            "platform": "x",
            "kind": "reply",
            "referenced_id": "77",
        },
        {
            "id": "brandwatch:901",
            "text": "does it stop",
            "author_id": "brandwatch:bob",
            "created_at": "2026-03-14T09:27:53.0Z",
            "lang": "en",
            "url": "https://forum.example/t/5#p9",
            "platform": "forum",
            "kind": "reply",
            "context": [
                {"kind": "title", "text": "Zoloft and sleep"},
                {"kind": "place", "text": "forum.example"},
            ],
        },
    ]
    assert len(result.posts) == 2


MELTWATER = (
    {
        "Date": "14-Mar-2026",
        "Time": "05:12 PM",
        "Document ID": "d1",
        "URL": TWEET_URL,
        "Input Name": "q",
        "Source Type": "X",
        "Source Name": "X",
        "Author Handle": "@ann",
        "Title": "",
        "Opening Text": "",
        "Hit Sentence": "I feel sick",
        "Language": "English",
    },
    {
        "Date": "15-Mar-2026",
        "Time": "05:12 AM",
        "Document ID": "d2",
        "URL": "https://board.example/3",
        "Input Name": "q",
        "Source Type": "Forums",
        "Source Name": "Board",
        "Title": "Zoloft?",
        "Opening Text": "It makes me tired",
        "Language": "German",
    },
)


def test_an_export_of_meltwater_is_utf16_with_tabs_and_has_day_and_time_apart() -> None:
    result = read_text(table(*MELTWATER, delimiter="\t"), "utf-16")
    first, second = result.entries
    assert (first["id"], first["text"], first["platform"]) == (ID, "I feel sick", "x")
    assert (first["created_at"], first["lang"]) == ("2026-03-14T17:12:00Z", "en")
    assert (second["id"], second["text"], second["platform"]) == (
        "meltwater:d2",
        "It makes me tired",
        "forum",
    )
    assert (second["created_at"], second["lang"]) == ("2026-03-15T05:12:00Z", "de")
    assert second["context"] == [{"kind": "title", "text": "Zoloft?"}, {"kind": "place", "text": "Board"}]
    assert len(result.posts) == 2


def test_an_export_of_talkwalker_has_dates_in_milliseconds() -> None:
    first, second = read_text(
        table(
            {
                "published": "1773480413000",
                "url": TWEET_URL,
                "title": "",
                "content": "so sick",
                "title_snippet": "",
                "content_snippet": "so sick",
                "source_type": "SOCIALMEDIA_TWITTER",
                "extra_author_attributes.id": "5",
                "external_id": ID,
            },
            {
                "published": "1773480413000",
                "url": "https://board.example/7",
                "title": "Sleep",
                "content": "so tired",
                "source_type": "MESSAGEBOARD",
            },
        )
    ).entries
    assert (first["id"], first["platform"], first["author_id"]) == (ID, "x", "5")
    assert first["created_at"] == "2026-03-14T09:26:53Z"
    assert (second["id"], second["platform"]) == ("talkwalker:https://board.example/7", "forum")
    assert second["context"][0] == {"kind": "title", "text": "Sleep"}


def test_an_export_of_sprinklr_has_its_text_in_the_conversation_stream() -> None:
    first, second = read_text(
        table(
            {
                "Conversation Stream": "so sick",
                "Permalink": TWEET_URL,
                "Created Time": "03/14/2026 9:26 AM",
                "snType column": "TWITTER",
                "Sender Screen Name": "ann",
                "Universal Message Id": "u1",
            },
            {
                "Conversation Stream": "so tired",
                "Permalink": "https://fb.example/2",
                "Created Time": "03/14/2026 9:27 AM",
                "snType column": "FACEBOOK",
                "Sender Screen Name": "bob",
                "Universal Message Id": "u2",
            },
        )
    ).entries
    assert (first["id"], first["text"], first["platform"]) == (ID, "so sick", "x")
    assert first["created_at"] == "2026-03-14T09:26:00Z"
    assert (second["id"], second["platform"]) == ("sprinklr:u2", "facebook")


def test_exports_with_few_chosen_columns_are_known_by_their_titles() -> None:
    brandwatch = {"Date": DATE, "Page Type": "forum", "Snippet": "so sick", "Url": "https://forum.example/1"}
    meltwater = {"Opening Text": "so", "Hit Sentence": "so sick", "URL": "https://forum.example/1"}
    talkwalker = {
        "published": DATE,
        "content": "so sick",
        "url": "https://forum.example/1",
        "extra_author_attributes.name": "@ann",
    }
    for tool, row in (("brandwatch", brandwatch), ("meltwater", meltwater), ("talkwalker", talkwalker)):
        [entry] = read_text(table(row)).entries
        assert (entry["id"], entry["text"]) == (f"{tool}:https://forum.example/1", "so sick")
    assert entry["author_id"] == "talkwalker:ann"


def test_the_reason_of_the_detection_names_the_tool() -> None:
    sample = Sample("export.csv", ".csv", table(*MELTWATER).encode())
    reason = FORMATS["csv"].recognizes(sample)
    assert reason is not None
    assert "Meltwater" in reason
