"""What is fed if a user names folders and archives: which files are data, and in which order they come."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Final

from monitor.feed.source import FeedError

STANDARD_INPUT: Final = Path("-")
"""What stands for standard input on the command line."""

_OTHER_EXTENSIONS: Final = frozenset(
    {
        *(".htm", ".html", ".css", ".md", ".rst", ".pdf", ".doc", ".docx", ".ppt", ".pptx", ".tex"),
        *(".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".ico", ".mp4", ".mov", ".m4a", ".mp3", ".wav"),
        *(".py", ".ipynb", ".r", ".sh", ".ts", ".java", ".c", ".xml", ".yaml", ".yml", ".toml", ".ini"),
        *(".log", ".lock", ".exe", ".so", ".db", ".sqlite", ".npy", ".pt", ".bin", ".crc", ".ann"),
    }
)
_OTHER_NAMES: Final = re.compile(r"(?:readme|licen[cs]e|changelog|citation|copying|notice)(?:\..*)?", re.I)
# The author of a Twitter archive, the posts, the whole texts of long ones, and the posts that were deleted.
_ARCHIVE_TWEETS: Final = re.compile(
    r"(?:account|tweets?|community-tweet|note-tweet|deleted-tweets?|deleted-tweet-headers)(?:-part[0-9]+)?\.js"
)
_OLD_ARCHIVE: Final = ("js", "tweets")  # until 2016, with a file for each month
_DIGITS: Final = re.compile(r"([0-9]+)")

NAMES_IN_A_NOTE: Final = 5
"""Names of skipped files that a note lists."""


@dataclass(frozen=True, slots=True)
class Input:
    """A file that is to be fed.

    Attributes:
        path: where it is; None for standard input.
        was_listed: True if the user named it, False if it was found in a folder.
    """

    path: Path | None
    was_listed: bool = True

    @property
    def name(self) -> str:
        """Its name for messages."""
        return "standard input" if self.path is None else str(self.path)


def list_inputs(
    paths: Iterable[Path], notify: Callable[[str], None], *, without: Path | None = None
) -> Iterator[Input | FeedError]:
    """Yield the files of a command line, and those in its folders in the order of their names.

    Each file comes once, whatever links lead to it. Of a folder, hidden files and files without data are
    skipped with a note.

    Args:
        paths: files and folders; `-` is standard input.
        notify: called with notes.
        without: a file that is never fed, such as the one to which rejects are written.

    Yields:
        Files, and an error in the place of a folder that has no data or cannot be read.
    """
    seen: set[tuple[int, int]] = set()
    if without is not None:
        _is_new(without, seen)
    has_standard_input = False
    for path in paths:
        if path == STANDARD_INPUT:
            if has_standard_input:
                notify("- is skipped: it was named before")
            else:
                yield Input(None)
            has_standard_input = True
        elif not path.is_dir():
            if _is_new(path, seen):
                yield Input(path)
            else:
                notify(f"{path} is skipped: it was named before")
        else:
            try:
                yield from _files_of(path, seen, notify)
            except FeedError as error:
                yield error


def data_members(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the members of an archive that may have posts, in their order, and those that are skipped.

    Of the archive that X gives to its users, only the files of the user's own tweets are data.
    """
    tweets = [name for name in names if _is_archive_tweets(name)]
    if tweets:
        return sorted(tweets, key=natural_order), []
    chosen = [name for name in names if is_data(name)]
    skipped = [name for name in names if not is_data(name) and not name.endswith("/")]
    return sorted(chosen, key=natural_order), skipped


def is_data(name: str) -> bool:
    """Return True if a file in a folder or an archive may have posts, going by its name."""
    path = PurePosixPath(name)
    if name.endswith("/") or any(part.startswith((".", "_")) for part in path.parts):
        return False
    if path.suffix.lower() == ".js":
        return _is_archive_tweets(name) or bool(_ARCHIVE_TWEETS.fullmatch(path.name))
    return path.suffix.lower() not in _OTHER_EXTENSIONS and not _OTHER_NAMES.fullmatch(path.name)


def natural_order(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts `part2` before `part10`, and `tweets.js` before `tweets-part1.js`."""
    path = PurePosixPath(name)
    parts = [*_DIGITS.split(str(path.with_suffix("") if path.suffix else path)), path.suffix]
    digits = ((part.lstrip("0"), part) for part in parts)
    return [(len(number), number) if part.isdecimal() else (-1, part) for number, part in digits]


def skipped_note(place: str, names: Sequence[str]) -> str:
    """Return the note about files of a folder or an archive that are skipped."""
    shown = ", ".join(names[:NAMES_IN_A_NOTE])
    more = f" and {len(names) - NAMES_IN_A_NOTE:,} more" if len(names) > NAMES_IN_A_NOTE else ""
    return f"{place}: skipped as not being data: {shown}{more}"


def _files_of(folder: Path, seen: set[tuple[int, int]], notify: Callable[[str], None]) -> Iterator[Input]:
    skipped: list[str] = []
    count = 0
    for path in _walk(folder):
        name = str(path.relative_to(folder))
        if not path.is_file() or not is_data(PurePath(name).as_posix()):
            skipped.append(name)
        elif _is_new(path, seen):
            count += 1
            yield Input(path, was_listed=False)
    if skipped:
        notify(skipped_note(str(folder), skipped))
    if not count:
        raise FeedError(f"the folder {folder} has no file to read", "name a folder or a file with posts")


def _walk(folder: Path) -> Iterator[Path]:
    """Yield what is in a folder and the folders in it; a link that leads back is not followed again."""
    entered: set[tuple[int, int]] = set()

    def fail(error: OSError) -> None:
        raise FeedError(f"the folder {error.filename} cannot be read: {error.strerror}")

    for parent, folders, names in os.walk(folder, onerror=fail, followlinks=True):
        if not _is_new(Path(parent), entered):
            folders.clear()
            continue
        folders[:] = sorted((name for name in folders if not name.startswith(".")), key=natural_order)
        yield from (Path(parent, name) for name in sorted(names, key=natural_order))


def _is_new(path: Path, seen: set[tuple[int, int]]) -> bool:
    try:
        status = path.stat()
    except OSError:
        return True  # opening it will say why
    identity = (status.st_dev, status.st_ino)
    if identity in seen:
        return False
    seen.add(identity)
    return True


def _is_archive_tweets(name: str) -> bool:
    path = PurePosixPath(name)
    if path.parent.parts[-2:] == _OLD_ARCHIVE:
        return path.suffix == ".js"
    return path.parent.name == "data" and bool(_ARCHIVE_TWEETS.fullmatch(path.name))
