"""How many rejects a file may have before its feed counts as failed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from monitor.feed.source import FeedError

_NUMBER: Final = re.compile(r"(?P<count>[0-9]{1,12})|(?P<percent>[0-9]{1,3}(?:\.[0-9]{1,6})?)\s*%")


@dataclass(frozen=True, slots=True)
class RejectLimit:
    """The largest number of rejects of a file, or their largest share.

    Attributes:
        count: number of rejects; the next one ends the file. None for no such limit.
        percent: share of rejects among all posts of the file, known at its end. With the default, 100, a file
            still fails if nothing in it was valid.
    """

    count: int | None = None
    percent: float = 100.0

    def check_during(self, name: str, rejected: int) -> None:
        """Check the number of rejects so far.

        Raises:
            FeedError: there are too many.
        """
        if self.count is not None and rejected > self.count:
            raise FeedError(
                f"{name} has more than {self.count:,} rejects, so the rest of it was not read",
                "correct the file or the options, or allow more with --max-rejects",
            )

    def check_at_end(self, name: str, rejected: int, read: int) -> None:
        """Check the rejects of a whole file.

        Raises:
            FeedError: there are too many, or there is nothing else.
        """
        if rejected and rejected == read and self.count is None:
            raise FeedError(
                f"nothing in {name} is a valid post: all {rejected:,} were rejected",
                "check the format (`ade-monitor formats`); --id-field and --text-field name unusual fields",
            )
        if read and 100 * rejected > self.percent * read:
            raise FeedError(
                f"{rejected:,} of {read:,} posts in {name} were rejected, "
                f"but --max-rejects allows {self.percent:g}%",
                "correct the file or the options, or allow more",
            )


def parse_reject_limit(text: str | None) -> RejectLimit:
    """Return the limit of an option such as `10` or `5%`; None stands for the default.

    Raises:
        ValueError: it is neither.
    """
    if text is None:
        return RejectLimit()
    match = _NUMBER.fullmatch(text.strip())
    if match is None or (match["percent"] and float(match["percent"]) > 100):
        raise ValueError(f"'{text}' is neither a number nor a share such as 5%")
    return (
        RejectLimit(count=int(match["count"]))
        if match["count"]
        else RejectLimit(None, float(match["percent"]))
    )
