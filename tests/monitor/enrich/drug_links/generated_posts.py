"""Posts made of templates, drugs and effects, with the drug of each effect.

`python -m tests.monitor.enrich.drug_links.generated_posts` prints how many links the rules get right. In a
template, `A`, `B` and `C` are drugs. `{a}` is an effect of A as a noun ("a rash"), `{a+}` as a clause
("can't sleep"); `{a|b}` may be linked to both.
"""

# ruff: noqa: T201

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from monitor.enrich.drug_links.linking import choose_drugs
from monitor.records import Post
from tests.monitor.enrich.drug_links.written_posts import WrittenPost, drug_mentions, read_marked

_NAMES = (
    "zoloft prozac lexapro celexa paxil effexor cymbalta wellbutrin remeron buspar lithium lamictal "
    "depakote abilify seroquel zyprexa risperdal latuda geodon adderall ritalin vyvanse concerta "
    "strattera xanax ativan klonopin ambien lunesta trazodone gabapentin lyrica topamax keppra "
    "tramadol percocet oxycodone methadone suboxone prednisone humira enbrel methotrexate plaquenil "
    "lipitor crestor zocor metoprolol lisinopril losartan amlodipine metformin januvia ozempic "
    "trulicity synthroid accutane spironolactone yaz mirena cipro bactrim augmentin flagyl "
    "doxycycline chantix singulair plavix xarelto tamoxifen letrozole"
)
DRUGS: Final = _NAMES.split()
NOUNS: Final = (
    "a rash", "hives", "night sweats", "the worst headache", "nausea", "dizzy spells", "brain fog",
    "insomnia", "dry mouth", "weird dreams", "heart palpitations", "hair loss", "muscle pain", "the shakes",
    "diarrhea", "constipation", "a racing heart", "blurry vision", "zero libido", "swollen ankles",
    "mood swings",
)  # fmt: skip
CLAUSES: Final = (
    "can't sleep", "feel like a zombie", "keep throwing up", "gained 20 pounds", "can't stop shaking",
    "am itchy all over", "have no appetite", "cry all day", "see double", "sweat through my shirt",
    "can't remember anything", "sleep 14 hours a day", "grind my teeth", "feel so dizzy",
)  # fmt: skip

TEMPLATES: Final = (
    "A gave me {a} so I take B",
    "A gave me {a}, B gave me {b}",
    "took B for {a} that A gave me",
    "switched from A to B and now I {b+}",
    "switched from A to B and now I have {b}",
    "had to switch from A to B because of {a}",
    "quit A because of {a}. on B now",
    "A is fine but B gives me {b}",
    "A is fine, B makes me feel awful: {b}",
    "A: {a}. B: {b}.",
    "A - {a}, B - {b}, C - nothing so far",
    "A = {a} / B = {b}",
    "{a} on A, {b} on B, what next",
    "{a} from A and {b} from B",
    "{a} went away once I stopped A, still taking B",
    "since I started A I {a+}. B was never like that",
    "I {a+} since I started A, and I have taken B for years",
    "been on B forever but A causes {a}",
    "unlike B, A gives me {a}",
    "A gives me worse {a} than B",
    "it's not the B, it's the A giving me {a}",
    "B never gave me {a}, A did",
    "no {a} on B, but A was another story",
    "combo of A and B gives me {a|b}",
    "mixing A with B = {a|b}",
    "A and B together make me feel drunk, {a|b} all day",
    "off A for a week now and I {a+}, B does not help",
    "missed my A yesterday and {a} is back, B is no help",
    "A withdrawal is awful, {a} and {a}. good thing I have B",
    "my doc added B to treat {a} from A",
    "B for anxiety, A for pain. the A gives me {a}",
    "I take A and B, and the A makes me so {a+}",
    "On A I {a+}, on B I {b+}",
    "when I take A I {a+} so I only take B now",
    "started A last week, still on B. it gives me {a}",
    "{a} thanks to A. hoping B is better",
    "is {a} a side effect of A? I also take B",
    "side effects of A: {a}, {a}, {a}. B had none",
    "anyone else get {a} with A? B didn't do that",
    "two weeks into A and I {a+}. B next",
    "day 3 of A: {a}. wish I was still on B",
    "{a} again... A strikes back. B was so much kinder",
    "A did nothing for me except {a}. B works",
    "doctor says the {a} is caused by A, not B",
    "I hate A, I {a+}. I want my B back",
    "{a} every night #A #B",
    "my sister takes B and is happy. I take A and I {a+}",
    "B helps with {a} that I get from A",
    "popped a B because A gives me {a}",
    "replaced my A with B due to {a}",
    "A, {a}. B, {b}. you choose",
    "A ({a}), B ({b}), C (meh)",
    "after taking A I {a+}. B tomorrow instead",
    "compared to B, A leaves me with {a}",
    "they took me off B and put me on A. now I {a+}",
    "B worked until it didn't, now A and {a}",
    "A makes me {a+}\nB makes me {b+}",
    "I {a+} and I {a+}!!! never again A. back to B",
)

_SLOT: Final = re.compile(r"\b(?P<drug>[ABC])\b|\{(?P<right>[abc|]+)(?P<clause>\+?)\}")


def generated_posts(count: int, seed: int = 1) -> Iterator[WrittenPost]:
    """Yield posts, the same ones for a seed; each template is used about equally often."""
    choice = random.Random(seed)
    for index in range(count):
        template = TEMPLATES[index % len(TEMPLATES)]
        names = dict(zip("ABC", choice.sample(DRUGS, 3), strict=True))
        effects = {"": iter(choice.sample(NOUNS, 4)), "+": iter(choice.sample(CLAUSES, 4))}

        def filled(slot: re.Match[str], names: dict[str, str] = names, effects: dict = effects) -> str:
            if slot["drug"]:
                return f"[{names[slot['drug']]}]"
            right = "|".join(names[letter.upper()] for letter in slot["right"].split("|"))
            return f"{{{next(effects[slot['clause']])}>{right}}}"

        text, drugs, right = read_marked(_SLOT.sub(filled, template))
        yield WrittenPost(
            "generated", template, Post(str(index), text), tuple(drug_mentions(text, drugs)), right
        )


def main() -> None:
    """Print the share of right links, of all templates and of those with errors."""
    right, wrong = Counter[str](), Counter[str]()
    rules = Counter[tuple[str, bool]]()
    for written in generated_posts(5_000):
        choices = choose_drugs(written.post.text, written.drugs, list(written.right))
        for span, names in written.right.items():
            is_right = span in choices and choices[span].drug.drug in names
            (right if is_right else wrong)[written.pattern] += 1
            rules[choices[span].rule if span in choices else "-", is_right] += 1
    total = right.total() + wrong.total()
    print(f"generated: {right.total():,} of {total:,} effects right ({right.total() / total:.1%})")
    for template, count in wrong.most_common():
        print(f"  {count} of {count + right[template]} wrong: {template!r}")
    for rule in sorted({name for name, _ in rules}):
        print(f"  {rule}: {rules[rule, True]:,} of {rules[rule, True] + rules[rule, False]:,}")


if __name__ == "__main__":
    main()
