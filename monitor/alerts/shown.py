"""An alert as a line for a person."""

from __future__ import annotations

import unicodedata

from rich.text import Text

from monitor.alerts.payload import AlertPayload

PT_WIDTH = 28


def alert_line(alert: AlertPayload) -> Text:
    """Write when, what effect, how sure, and the tweet with the span marked."""
    posted = alert.posted_at.strftime("%Y-%m-%d %H:%M:%SZ")
    effect = alert.pt_name or alert.ptid or "(uncoded)"
    tweet = Text(_one_line(alert.text))
    tweet.stylize("bold red underline", alert.mention.start, alert.mention.end)
    return Text.assemble(
        (posted, "dim"),
        "  ",
        (_one_line(effect).ljust(PT_WIDTH), "yellow"),
        " ",
        (f"{alert.probability:4.0%}", "cyan"),
        "  ",
        tweet,
    )


def _one_line(text: str) -> str:
    """Put a space for every character that moves the cursor or speaks to the terminal; offsets stay."""
    return "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") else c for c in text)
