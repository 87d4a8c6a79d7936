"""400 written posts with the drugs that they name, and what a matcher finds of them.

The names stand in braces, with their drug: "day 4 of {zoloft=sertraline}". Half of the posts are `plain`, the
others `trap`s: names that mean something else, slang, misspellings, combinations. Every second post of each
kind is `held-out`: it was not looked at while the rules of the matcher were changed.

`python -m tests.monitor.enrich.drugs.drug_posts` prints precision and recall, with --errors the errors, too.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from monitor.enrich.drugs import DrugMatcher, load_matcher
from monitor.settings import EnrichSettings

FILE: Final = Path(__file__).with_suffix(".tsv")
_MARKED: Final = re.compile(r"\{([^{}=]+)=([^{}]+)\}")

Mention = tuple[int, int, str]
"""Start and end of a name, and its drug."""


@dataclass(frozen=True)
class DrugPost:
    """A post, and the drugs that it names.

    Attributes:
        half: "tuned" or "held-out".
        kind: "plain" or "trap".
        text: the text.
        mentions: its names.
    """

    half: str
    kind: str
    text: str
    mentions: frozenset[Mention]


@dataclass(frozen=True)
class Figures:
    """How many mentions of the posts were found.

    Attributes:
        right: found, with the right span and drug.
        wrong: found, but not right.
        missed: not found.
    """

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Return the share of what was found that is right."""
        return self.right / (self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Return the share of the mentions that were found."""
        return self.right / (self.right + self.missed)


def drug_posts() -> list[DrugPost]:
    """Return the posts."""
    lines = FILE.read_text(encoding="utf-8").splitlines()[1:]
    return [_post(*line.split("\t")) for line in lines]


def found_in(matcher: DrugMatcher, text: str) -> frozenset[Mention]:
    """Return what a matcher finds in a text."""
    return frozenset((mention.start, mention.end, mention.drug) for mention in matcher.find(text))


def figures(matcher: DrugMatcher, posts: Iterable[DrugPost]) -> Figures:
    """Return how many mentions the matcher finds."""
    right = wrong = missed = 0
    for post in posts:
        matches = found_in(matcher, post.text)
        right += len(matches & post.mentions)
        wrong += len(matches - post.mentions)
        missed += len(post.mentions - matches)
    return Figures(right, wrong, missed)


def errors(matcher: DrugMatcher, posts: Iterable[DrugPost]) -> Iterator[str]:
    """Yield a line for each post with an error."""
    for post in posts:
        matches = found_in(matcher, post.text)
        if matches != post.mentions:
            wrong = [
                f"{post.text[start:end]} ({drug})" for start, end, drug in sorted(matches - post.mentions)
            ]
            missed = [
                f"{post.text[start:end]} ({drug})" for start, end, drug in sorted(post.mentions - matches)
            ]
            yield f"wrong: {wrong}, missed: {missed}, in: {post.text}"


def _post(half: str, kind: str, marked: str) -> DrugPost:
    text, mentions, position = "", set(), 0
    for match in _MARKED.finditer(marked):
        text += marked[position : match.start()]
        mentions.add((len(text), len(text) + len(match[1]), match[2]))
        text += match[1]
        position = match.end()
    return DrugPost(half, kind, text + marked[position:], frozenset(mentions))


def main() -> None:
    """Print precision and recall."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("tuned", "held-out"), help="only this half")
    parser.add_argument("--errors", action="store_true", help="print each post with an error")
    options = parser.parse_args()
    matcher = load_matcher(EnrichSettings())
    halves = [options.half] if options.half else ["tuned", "held-out"]
    for half in halves:
        posts = [post for post in drug_posts() if post.half == half]
        for kind in ("plain", "trap", None):
            chosen = [post for post in posts if kind in (None, post.kind)]
            counted = figures(matcher, chosen)
            sys.stdout.write(
                f"{half} {kind or 'all':5} {len(chosen)} posts: precision {counted.precision:.3f} "
                f"recall {counted.recall:.3f} {counted}\n"
            )
        if options.errors:
            sys.stdout.writelines(f"{line}\n" for line in errors(matcher, posts))


if __name__ == "__main__":
    main()
