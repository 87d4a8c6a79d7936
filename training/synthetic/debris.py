"""What programs leave in tweets: entities, escapes, mojibake, masks, bits of JSON and of markup."""

from __future__ import annotations

import html
import re
from random import Random

_HANDLES = (
    *("@USER", "@USER", "@USER", "@user", "<user>", "@mike_{n}", "@sarah{n}", "@theReal{n}", "@jenn_x{n}"),
    *("@drsmith{n}", "@nurse_{n}", "@_lil{n}_", "@Pharma{n}", "@xx{n}xx", "@momof{n}"),
)
_LINKS = (
    *("HTTPURL", "HTTPURL", "HTTPURL", "<url>", "[link]", "http://t.co/{n}xYz", "https://t.co/q{n}Ab"),
    *("bit.ly/{n}k", "https://youtu.be/{n}Qd-a", "pic.twitter.com/w{n}eR", "http://fb.me/{n}aZ"),
    "www.blog{n}.com/?p={n}&utm=tw",
)
_WRAPPINGS = (
    ('{{"text":"', '"}}'),
    ('{{"id":{n}77,"text":"', '","lang":"en"}}'),
    ('"', '",{n},en'),
    ("<p>", "</p>"),
    ("", "<br />"),
    ("", "&nbsp;"),
    ("{n}\t", ""),
    ("b'", "'"),
    ("", "\\n"),
    ("\ufeff", ""),
    ("[{n}:{n}] ", ""),
    ("&gt;&gt; ", ""),
    ("```", "```"),
    ("", " // {n}"),
)


def unmasked(text: str, rng: Random) -> str:
    """Put names of users and addresses, or other masks, in place of `@USER` and `HTTPURL`."""
    text = re.sub("@USER", lambda _: rng.choice(_HANDLES).format(n=rng.randrange(100)), text)
    return re.sub("HTTPURL", lambda _: rng.choice(_LINKS).format(n=rng.randrange(100)), text)


def escaped(text: str, rng: Random) -> str:
    """Write `&`, `<`, `>` and quotes as HTML entities."""
    return html.escape(text).replace("&#x27;", rng.choice(("&#39;", "&#x27;", "'")))


def with_line_ends(text: str, rng: Random) -> str:
    r"""Write line ends as the two characters `\n`."""
    return re.sub(r"\n|(?<=[.!?]) ", lambda _: rng.choice(("\\n", "\\n", " ", "\\r\\n")), text)


def with_codes(text: str, rng: Random) -> str:
    """Write what is not ASCII as escapes of JSON, apostrophes too."""
    text = text.replace("'", "’")
    units = (c if ord(c) < 128 else c.encode("utf-16-be").hex() for c in text)
    return "".join(
        u if len(u) < 4 else "".join(f"\\u{u[i : i + 4]}" for i in range(0, len(u), 4)) for u in units
    )


def garbled(text: str, rng: Random) -> str:
    """Read UTF-8 as if it were Windows-1252: `donâ€™t`."""
    return "".join(c if ord(c) < 128 else _garbled(c) for c in text.replace("'", "’"))


def wrapping(rng: Random) -> tuple[str, str]:
    """Draw what stands around a tweet that was cut out of a file."""
    before, after = rng.choice(_WRAPPINGS)
    number = rng.randrange(10, 100)
    return before.format(n=number), after.format(n=number)


def _garbled(character: str) -> str:
    return "".join(
        bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in character.encode("utf-8", "replace")
    )
