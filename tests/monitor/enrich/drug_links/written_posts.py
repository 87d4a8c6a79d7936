"""Written posts with the drug of each effect, and how many of them the rules get right.

`python -m tests.monitor.enrich.drug_links.written_posts [tune|held]` prints the figures of `docs/drugs.md`.
In `written_posts.tsv`, `[zoloft]` is a drug, `[ssris^]` a class of drugs, and `{no sleep>zoloft}` an effect
with its drug; `a|b` allows both, and `-` means no drug. Each further occurrence of a drug's name in the post
is a drug as well, as a matcher would find it. The rules were written with one half of the posts ("tune"),
and the other half ("held") was never looked at meanwhile.
"""

# ruff: noqa: T201

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models import Mention
from monitor.enrich.drug_links import link_drugs
from monitor.enrich.drug_links.linking import choose_drugs
from monitor.findings import DrugMention, DrugNaming, DrugPlace, Span
from monitor.records import ContextKind, ContextPart, Post

FILE: Final = Path(__file__).with_suffix(".tsv")
ATC: Final = {
    "advil": "M01AE01",
    "ibuprofen": "M01AE01",
    "aleve": "M01AE02",
    "naproxen": "M01AE02",
    "mobic": "M01AC06",
    "tylenol": "N02BE01",
    "excedrin": "N02BA51",
    "imitrex": "N02CC01",
    "zofran": "A04AA01",
    "benadryl": "R06AA02",
    "claritin": "R06AX13",
    "zyrtec": "R06AE07",
    "hydroxyzine": "N05BB01",
    "imodium": "A07DA03",
    "tums": "A02AC01",
    "miralax": "A06AD15",
    "ambien": "N05CF02",
    "melatonin": "N05CH01",
    "lasix": "C03CA01",
    "propranolol": "C07AA05",
    "metoprolol": "C07AB02",
    "prednisone": "H02AB07",
    "zoloft": "N06AB06",
    "effexor": "N06AX16",
    "lipitor": "C10AA05",
    "yaz": "G03AA12",
    "augmentin": "J01CR02",
    "ssris": "N06AB",
    "antidepressants": "N06A",
    "statins": "C10AA",
    "steroids": "H02AB",
    "beta blocker": "C07",
    "birth control": "G03A",
    "antibiotics": "J01",
    "benzos": "N05BA",
}
"""ATC codes that matter for a rule."""

_MARKUP: Final = re.compile(r"\[(?P<drug>[^\]]+)\]|\{(?P<effect>[^}>]+)>(?P<right>[^}]+)\}")


@dataclass(frozen=True, slots=True)
class WrittenPost:
    """A written post: the half and pattern it belongs to, its drugs, and the right drugs of its effects."""

    half: str
    pattern: str
    post: Post
    drugs: tuple[DrugMention, ...]
    right: dict[Span, frozenset[str]]

    @property
    def mentions(self) -> list[Mention]:
        return [mention_of(self.post.text, span) for span in self.right]


def mention_of(text: str, span: Span) -> Mention:
    return Mention(*span, text[slice(*span)], 0.9, None, None, None)


def read_marked(text: str) -> tuple[str, list[tuple[str, bool]], dict[Span, frozenset[str]]]:
    """Return a text without its marks, its drugs (True for a class), and the right drugs of its effects."""
    plain, drugs, right, position = "", [], {}, 0
    for match in _MARKUP.finditer(text):
        plain += text[position : match.start()]
        if match["drug"]:
            name = match["drug"].removesuffix("^")
            drugs.append((name.lower(), match["drug"].endswith("^")))
            plain += name
        else:
            right[len(plain), len(plain) + len(match["effect"])] = frozenset(match["right"].split("|"))
            plain += match["effect"]
        position = match.end()
    return plain + text[position:], drugs, right


def drug_mentions(
    text: str, drugs: list[tuple[str, bool]], place: DrugPlace = DrugPlace.POST, part: int | None = None
) -> Iterator[DrugMention]:
    """Yield a mention for each occurrence of a drug's name."""
    for name, is_class in sorted(set(drugs)):
        naming = DrugNaming.CLASS if is_class else DrugNaming.BRAND
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE):
            yield DrugMention(
                match.start(), match.end(), match.group(), name, naming, ATC.get(name), place, part
            )


def read_posts() -> list[WrittenPost]:
    """Return the written posts."""
    posts = []
    for number, line in enumerate(FILE.read_text(encoding="utf-8").splitlines()[1:], 2):
        half, pattern, marked, context = line.split("\t")
        text, drugs, right = read_marked(marked.replace("\\n", "\n"))
        mentions = list(drug_mentions(text, drugs))
        parts = []
        for index, entry in enumerate(filter(None, context.split(" || "))):
            kind, _, marked_part = entry.partition(": ")
            part_text, part_drugs, _ = read_marked(marked_part)
            parts.append(ContextPart(ContextKind(kind), part_text))
            mentions += drug_mentions(part_text, part_drugs, DrugPlace(kind), index)
        post = Post(str(number), text, context=tuple(parts))
        posts.append(WrittenPost(half, pattern, post, tuple(mentions), right))
    return posts


def wrong_links(written: WrittenPost) -> list[str]:
    """Return a line for each effect of a post that has another drug than the right ones."""
    links = link_drugs(written.post, written.drugs, written.mentions)
    lines = []
    for span, right in written.right.items():
        name = links[span].drug.drug if span in links else "-"
        if name not in right:
            lines.append(
                f"{written.pattern}: {written.post.text[slice(*span)]!r}: {name}, not {sorted(right)}"
            )
    return lines


def main(halves: list[str]) -> None:
    """Print the share of right links of each half, by pattern and by rule."""
    posts = read_posts()
    for half in halves:
        effects, wrong, rules = Counter[str](), Counter[str](), Counter[tuple[str, bool]]()
        for written in posts:
            if written.half != half:
                continue
            lines = wrong_links(written)
            effects[written.pattern] += len(written.right)
            wrong[written.pattern] += len(lines)
            in_post = [drug for drug in written.drugs if drug.place is DrugPlace.POST]
            for span, choice in choose_drugs(written.post.text, in_post, list(written.right)).items():
                rules[choice.rule, choice.drug.drug in written.right[span]] += 1
            if half == "tune" or "-v" in sys.argv:
                for line in lines:
                    print(line, "|", written.post.text)
        right = effects.total() - wrong.total()
        print(f"{half}: {right} of {effects.total()} effects right ({right / effects.total():.1%})")
        print("  wrong:", dict(+wrong))
        for rule in sorted({name for name, _ in rules}):
            print(f"  {rule}: {rules[rule, True]} of {rules[rule, True] + rules[rule, False]}")


if __name__ == "__main__":
    main([name for name in sys.argv[1:] if name != "-v"] or ["tune", "held"])
