"""Values of cells: what tools and spreadsheets write becomes what the contract needs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from monitor.ingest.dates import is_missing
from monitor.ingest.field_checks import MAX_PLATFORM

# '1212… and ="1212…" keep a spreadsheet from rounding the number.
# rtweet puts an x in front of them.
_WRAPPED_ID: Final = re.compile(r"""(?:="?|['"`]|x(?=[0-9]{5}))\s*([0-9]+)\s*["'`]?""")
_WHOLE_FLOAT: Final = re.compile(r"([0-9]{1,15})\.0+")
_STATUS: Final = re.compile(r"(?:twitter|x)\.com/[^/\s]+/status(?:es)?/([0-9]+)", re.IGNORECASE)
_BLUESKY: Final = re.compile(r"bsky\.app/profile/(did:[a-z]+:[^/\s]+)/post/([A-Za-z0-9]+)")
_REDDIT: Final = re.compile(r"reddit\.com/(?:r|user|u)/[^/\s]+/comments/([a-z0-9]+)(?:/[^/\s]*/([a-z0-9]+))?")

_PLATFORMS: Final = (
    (re.compile(r"twitter|\btweets?\b|\bx\b|^x\.com"), "x"),
    (re.compile(r"bluesky|\bbsky\b"), "bluesky"),
    (re.compile(r"mastodon"), "mastodon"),
    (re.compile(r"reddit"), "reddit"),
    (re.compile(r"telegram"), "telegram"),
    (re.compile(r"facebook"), "facebook"),
    (re.compile(r"instagram"), "instagram"),
    (re.compile(r"youtube"), "youtube"),
    (re.compile(r"tiktok"), "tiktok"),
    (re.compile(r"tumblr"), "tumblr"),
    (re.compile(r"linkedin"), "linkedin"),
    (re.compile(r"threads"), "threads"),
    (re.compile(r"forum|message ?board|board"), "forum"),
    (re.compile(r"blog"), "blog"),
    (re.compile(r"review"), "review"),
    (re.compile(r"news|press|magazine"), "news"),
)
_KINDS: Final = (
    (re.compile(r"retweet|repost|\brt\b|share|reblog"), "repost"),
    (re.compile(r"quote"), "quote"),
    (re.compile(r"repl|comment|answer"), "reply"),
)
_LANGUAGES: Final = {
    "arabic": "ar",
    "chinese": "zh",
    "czech": "cs",
    "danish": "da",
    "dutch": "nl",
    "english": "en",
    "finnish": "fi",
    "french": "fr",
    "german": "de",
    "greek": "el",
    "hebrew": "he",
    "hindi": "hi",
    "hungarian": "hu",
    "indonesian": "id",
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "norwegian": "no",
    "persian": "fa",
    "polish": "pl",
    "portuguese": "pt",
    "romanian": "ro",
    "russian": "ru",
    "spanish": "es",
    "swedish": "sv",
    "thai": "th",
    "turkish": "tr",
    "ukrainian": "uk",
    "vietnamese": "vi",
}
_SEVERAL_COLUMNS: Final = 3
_LANGUAGE_TAG: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")


def text_of(cell: Any) -> str:
    """Return a cell as text; an empty one is "", and a date is in ISO 8601."""
    if isinstance(cell, str):
        return cell
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, bytes):
        return cell.decode(errors="replace")
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def id_of(cell: Any) -> str:
    """Return an id without the quotes and the `=` that keep spreadsheets from rounding it, or ""."""
    text = text_of(cell).strip()
    if text.isdecimal():
        return text
    if match := _WRAPPED_ID.fullmatch(text) or _WHOLE_FLOAT.fullmatch(text):
        return match[1]
    return "" if is_missing(text) else text


def post_id_in(url: str) -> str | None:
    """Return the canonical id of the post that a URL of X, Bluesky or Reddit leads to, or None."""
    if match := _STATUS.search(url):
        return match[1]
    if match := _BLUESKY.search(url):
        return f"bsky:{match[1]}/{match[2]}"
    if match := _REDDIT.search(url):
        return f"reddit:t1_{match[2]}" if match[2] else f"reddit:t3_{match[1]}"
    return None


def platform_of(word: str) -> str | None:
    """Return our name of the platform that a tool names, for example x for "Twitter"; None for a blank."""
    word = word.strip().casefold()
    if not word or is_missing(word):
        return None
    known = next((name for pattern, name in _PLATFORMS if pattern.search(word)), None)
    return known or word[:MAX_PLATFORM]


def kind_of(word: str) -> str | None:
    """Return the kind of post that a word means, or None for an original post and unknown words."""
    word = word.strip().casefold()
    return next((kind for pattern, kind in _KINDS if pattern.search(word)), None)


def language_of(word: str) -> str | None:
    """Return the tag of a language from its tag or its English name, or None."""
    word = word.strip()
    if name := _LANGUAGES.get(word.casefold()):
        return name
    return word.replace("_", "-") if _LANGUAGE_TAG.fullmatch(word) and not is_missing(word) else None


def are_json_strings(cells: Sequence[Any]) -> bool:
    r"""Return True if all cells are JSON strings, as `twarc2 csv --json-encode-text` writes them.

    Texts that people put in quotes look the same. So one of them must have an escape, such as \n, or there
    must be several.
    """
    if not _may_be_json_strings(cells):
        return False
    texts = [cell for cell in cells if isinstance(cell, str)]
    return len(texts) >= 3 or any("\\" in text for text in texts)


def json_columns(columns: Sequence[Sequence[Any]]) -> set[int]:
    """Return which columns of a table have JSON strings, from their cells that are not empty.

    A column with few cells counts if there are several such columns.
    """
    certain = {index for index, cells in enumerate(columns) if are_json_strings(cells)}
    possible = {index for index, cells in enumerate(columns) if _may_be_json_strings(cells)}
    return possible if certain and len(possible) >= _SEVERAL_COLUMNS else certain


def _may_be_json_strings(cells: Sequence[Any]) -> bool:
    texts = [cell for cell in cells if isinstance(cell, str)]
    return bool(texts) and all(json_string(text) is not None for text in texts)


def json_string(text: str) -> str | None:
    """Return the text of a JSON string, or None if it is not one."""
    text = text.strip()
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return None
    try:
        value = json.loads(text, strict=False)
    except ValueError:
        return None
    if not isinstance(value, str):
        return None
    # Lone surrogates cannot be sent.
    return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
