"""Unusual texts, for tests of anything that reads tweets."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.tiny import EFFECTS

AWKWARD = [
    *EFFECTS,
    "zoloft gives me ",
    "'",
    "’",
    "-",
    " ",
    "\n",
    "\r\n\t",
    "\x00\x07\x1b\x7f\x9f",
    "e\u0301",
    "\u0301",
    "🤢",
    "dizzy ",
    "Z\u0351\u036b\u0343\u032a\u0302",
    "\u200b\u200c\u200d\u2060\ufeff",
    "\u202edizzy\u202c",
    "\u2066نعسان\u2069 ראש",
    "👩🏽\u200d⚕️",
    "👨\u200d👩\u200d👧\u200d👦",
    "🏴\U000e0067\U000e0062\U000e007f",
    "🇩🇪🇩",
    "1\ufe0f\u20e3",
    "頭痛がする",
    "𠀋𪚥",
    "\u1112\u1161\u11ab두통",
    "ปวดหัว",
    "सिरदर्द",
    "ﬁ ß İ ǆ ﷺ ㎏ ½",
    "𝐝𝐢𝐳𝐳𝐲 ｄｉｚｚｙ ⓓ",
    "\ud83d",
    "\udc00\ud800",
    "\ufffd\ufffe\uffff\U0010ffff",
    "\U000f0000\ue000",
    "[CLS] [SEP] [PAD] [MASK] ##a",
    "&amp;<br>{}%s\\u0000",
    "a" * 120,
]
WILD = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=80),  # of all planes, surrogates too
    st.lists(st.sampled_from(AWKWARD), max_size=12).map("".join),
    st.lists(st.one_of(st.sampled_from(AWKWARD), st.text(max_size=6)), max_size=12).map(" ".join),
)
