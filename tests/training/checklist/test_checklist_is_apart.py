"""The checklist shares no sentence with the tweets that bundles are trained on."""

import re
from collections.abc import Iterator
from random import Random

from training.checklist.vocabulary import FORMS
from training.synthetic.templates import EFFECT_FORMS, expand_rules, read_templates
from training.wordlists import data_folder, read_numbered_lines, read_wordlist

# What the slots of both sides stand for; an illness can fill the slot of an effect.
KINDS = {
    **dict.fromkeys((*FORMS, *EFFECT_FORMS, "bare2", "bare3", "cond", "condition"), "effect"),
    "make": "make",
    "adj": "adjective",
    **dict.fromkeys(("verb", "past"), "verb"),
    **dict.fromkeys(("clause", "does", "ing"), "clause"),
}
# The plainest sentences of all. Both sides need them, as the sentences to compare others with.
PLAINEST = {
    "<drug> gave me <effect>",
    "<drug> gives me <effect>",
    "<drug> is giving me <effect>",
    "<drug> makes me <make>",
    "<drug> made me <make>",
    "<drug> is making me <make>",
}


def skeleton(text: str) -> str:
    """Return only the words of a text, and the kinds of its slots."""
    text = re.sub(r"\{(?:-|t:)?(\w+)\}", lambda slot: f"<{KINDS.get(slot[1], slot[1])}>", text.lower())
    return " ".join(re.findall(r"<\w+>|[a-z0-9']+", text.replace("’", "'")))


def training_skeletons() -> Iterator[str]:
    random = Random(1)
    for folder in ("positives", "negatives", "asides"):
        for template in read_templates(folder):
            for _ in range(20):  # some of its alternatives
                yield skeleton(expand_rules(template.text, random))
    for line in read_numbered_lines(data_folder("training.synthetic", "written")):
        drug = re.sub(r"\{[^}]*\}", "{drug}", line.text)
        yield skeleton(re.sub(r"\[([^|\]]*)\|[^\]]*\]", r"\1", drug))


def checklist_skeletons() -> Iterator[str]:
    files = ("plain", "negation", "wish", "cure", "indication", "third_person", "tense", "question")
    for name in (*files, "hearsay", "emoji", "url", "mention", "hashtag", "thread", "coding"):
        for section, lists in read_wordlist("training.checklist", name).items():
            for template in (*lists.get("templates", ()), *(lists["list"] if section == "fillers" else ())):
                yield from map(skeleton, template.split(" -> "))


def test_only_the_plainest_sentences_are_shared_with_the_generated_tweets() -> None:
    skeletons = set(checklist_skeletons())
    assert len(skeletons) > 300
    assert skeletons & set(training_skeletons()) == PLAINEST
