"""How seeds are damaged: bytes, pieces of the format, values of JSON, and containers around the result.

Plain random numbers make an input in far less time than most readers need for it. With hypothesis, which
would remember each choice, nearly all of the time would go into making inputs.
"""

from __future__ import annotations

import re
from random import Random
from typing import Final

from tests.fuzz.fuzz_target import FuzzTarget

LARGEST: Final = 300_000
"""Most bytes of an input before it is packed, unless its seed has more."""

_SCALAR: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\b(?:true|false|null)\b')

WILD_VALUES: Final = (
    *(b"null", b"true", b"0", b"-1", b"1e999", b"-0.0", b"NaN", b"18446744073709551616", b"9" * 4_301),
    *(b'""', b'" "', b'"\\ud800"', b'"\\u0000"', b'"\xf0\x9f\x98\xad"', b'"' + b"9" * 4_301 + b'"'),
    *(b"[]", b"{}", b"[[]]", b'{"id": []}', b'["a", 1, null]', b'{"text": {"text": 7}}'),
    *(b'"0001-01-01T00:00:00+14:00"', b'"9999-12-31T23:59:59.999999-14:00"', b'"253402300800"'),
    *(b"[" * 3_000, b"[" * 3_000 + b"]" * 3_000, b'{"a":' * 3_000 + b"1" + b"}" * 3_000),
)
WILD_BYTES: Final = (
    *(b"\0", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\x1b[31m", b"\x1a"),
    *(b"\n", b"\r", b"\r\n", b"\t", b",", b";", b'"', b"\\", b"'", b"{", b"}", b"[", b"]", b"=", b"#", b"-"),
    *(b"../", b"/", b"<", b"</p>", b"&#x110000;", b"&#99999999999;", b"%", b"1" * 4_301, b"\xc2\x85"),
)
REPEATS: Final = (2, 3, 50, 3_000)


def damaged_input(target: FuzzTarget, draw: Random) -> bytes:
    """Return an input for a target: one of its seeds with up to six changes, perhaps in containers."""
    data = draw.choice(target.seeds)
    largest = max(LARGEST, len(data) + 50_000)
    for _ in range(draw.randint(0, 6)):
        data = _changed(data, target, draw)[:largest]
    layers = 1 if target.always_wrapped else draw.choice((0, 1, 1, 2))
    for _ in range(layers if target.wrappers else 0):
        data = draw.choice(target.wrappers)(data)
    return data


def _changed(data: bytes, target: FuzzTarget, draw: Random) -> bytes:
    change = draw.choice(("value", "value", "token", "byte", "drop", "repeat", "cut", "splice"))
    start = draw.randint(0, len(data))
    if change == "value" and (scalars := list(_SCALAR.finditer(data))):
        chosen, other = draw.choice(scalars), draw.choice(scalars)
        value = draw.choice((*WILD_VALUES, other[0]))
        return data[: chosen.start()] + value + data[chosen.end() :]
    if change == "cut":
        return data[:start]
    if change == "byte":
        return data[:start] + draw.randbytes(draw.randint(1, 4)) + data[start + 1 :]
    end = min(len(data), start + draw.choice((1, 4, 30, 400)))
    if change == "drop":
        return data[:start] + data[end:]
    if change == "repeat":
        piece = data[start:end]
        times = draw.choice([n for n in REPEATS if n * len(piece) <= LARGEST] or [1])
        return data[:start] + piece * times + data[end:]
    if change == "splice":
        other_seed = draw.choice(target.seeds)
        return data[:start] + other_seed[draw.randint(0, len(other_seed)) :]
    return data[:start] + draw.choice((*WILD_BYTES, *target.tokens)) + data[start:]
