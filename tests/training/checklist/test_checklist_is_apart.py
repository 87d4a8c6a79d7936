"""The checklist judges what was learned, not what was learned by heart."""

import re
from collections.abc import Iterator
from random import Random

from training.checklist.vocabulary import FORMS
from training.checklist.wordlists import read_lists
from training.synthetic.templates import EFFECT_FORMS, expand, read_templates
from training.synthetic.wordlists import data_folder, read_lines

# What slots of either side stand for; an illness can be put as an effect.
KINDS = {
    **dict.fromkeys((*FORMS, *EFFECT_FORMS, "bare2", "bare3", "cond", "condition"), "effect"),
    "make": "make",
    "adj": "adjective",
    **dict.fromkeys(("verb", "past"), "verb"),
    **dict.fromkeys(("clause", "does", "ing"), "clause"),
}
# The plainest that can be said at all. Both sides need them, and other sentences are held against these.
PLAINEST = {
    "<drug> gave me <effect>",
    "<drug> gives me <effect>",
    "<drug> is giving me <effect>",
    "<drug> makes me <make>",
    "<drug> made me <make>",
    "<drug> is making me <make>",
}


def skeleton(text: str) -> str:
    """The words alone, and what kind of thing its slots hold."""
    text = re.sub(r"\{(?:-|t:)?(\w+)\}", lambda slot: f"<{KINDS.get(slot[1], slot[1])}>", text.lower())
    return " ".join(re.findall(r"<\w+>|[a-z0-9']+", text.replace("’", "'")))


def trained() -> Iterator[str]:
    random = Random(1)
    for folder in ("positives", "negatives", "asides"):
        for template in read_templates(folder):
            for _ in range(20):  # a few of the ways to put it
                yield skeleton(expand(template.text, random))
    for line in read_lines(data_folder("written")):
        drug = re.sub(r"\{[^}]*\}", "{drug}", line.text)
        yield skeleton(re.sub(r"\[([^|\]]*)\|[^\]]*\]", r"\1", drug))


def judging() -> Iterator[str]:
    files = ("plain", "negation", "wish", "cure", "indication", "third_person", "tense", "question")
    for name in (*files, "hearsay", "emoji", "url", "mention", "hashtag", "thread", "coding"):
        for section, lists in read_lists(name).items():
            for template in (*lists.get("templates", ()), *(lists["list"] if section == "fillers" else ())):
                yield from map(skeleton, template.split(" -> "))


def test_no_sentence_is_one_of_those_that_tweets_are_made_of() -> None:
    own = set(judging())
    assert len(own) > 300
    assert own & set(trained()) == PLAINEST
