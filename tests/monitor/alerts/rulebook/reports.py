"""Effects, rules files and a small dictionary of drugs for the tests of rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from models import Mention, TweetPrediction
from monitor.alerts.rulebook import Knowledge, RuleBook, read_rules
from monitor.alerts.rulebook.knowledge import KnownGroups, KnownVerdict
from monitor.effect_reports import CopyOf, EffectReport, effect_of
from monitor.findings import DrugLink, DrugMention, DrugNaming, DrugPlace, Fact, FactKind, Findings
from monitor.records import Origin, Post, ReceivedPost, ScoredPost

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
TREMOR, NAUSEA, RASH = ("10044565", "Tremor"), ("10028813", "Nausea"), ("10037844", "Rash")


@dataclass(frozen=True)
class SmallDictionary:
    """Names of a few drugs."""

    known: Mapping[str, str] = field(
        default_factory=lambda: {
            "sertraline": "sertraline",
            "zoloft": "sertraline",
            "fluoxetine": "fluoxetine",
            "acetaminophen": "acetaminophen",
            "oxycodone": "oxycodone",
            "alprazolam": "alprazolam",
            "benzos": "benzodiazepines",
            "benzodiazepines": "benzodiazepines",
            "ssris": "ssris",
        }
    )
    atc: Mapping[str, str] = field(
        default_factory=lambda: {
            "sertraline": "N06AB06",
            "fluoxetine": "N06AB03",
            "acetaminophen": "N02BE01",
            "oxycodone": "N02AA05",
            "alprazolam": "N05BA12",
            "benzodiazepines": "N05BA",
        }
    )

    def canonical(self, name: str) -> str | None:
        return self.known.get(" ".join(name.casefold().split()))

    def atc_of(self, drug: str) -> str | None:
        return self.atc.get(drug)

    def names(self) -> Iterable[str]:
        return set(self.known.values())


NAMES = SmallDictionary()


def report(
    drug: str | None = "sertraline",
    pt: tuple[str, str] | None = TREMOR,
    *,
    tweet_id: str = "1",
    author: str | None = "author 7",
    at: datetime = NOON,
    probability: float = 0.9,
    platform: str | None = "x",
    lang: str | None = "en",
    facts: Iterable[FactKind] = (),
    copy_of: CopyOf | None = None,
    is_new_pair: bool = False,
    place: DrugPlace = DrugPlace.POST,
    words: str = "shaking",
) -> EffectReport:
    """Return an effect of a post."""
    post = Post(tweet_id, f"{words} on {drug}", author, at, lang, platform)
    ptid, name = pt or (None, None)
    mention = Mention(0, len(words), words, 0.9, ptid, name, 0.8 if pt else None)
    link = None
    if drug is not None:
        named = DrugMention(0, len(drug), drug, drug, DrugNaming.GENERIC, NAMES.atc_of(drug), place)
        link = DrugLink(named, 0.95)
    findings = Findings(
        drugs=(link.drug,) if link else (),
        links={(0, len(words)): link} if link else {},
        facts=tuple(Fact(kind, 0, 1, words[0]) for kind in facts),
    )
    received = ReceivedPost(post, Origin("tweets", 0, 0, at))
    scored = ScoredPost(received, TweetPrediction("ADE", probability, (mention,)), findings)
    return EffectReport(scored, mention, effect_of(mention), link, copy_of, "case-1", is_new_pair=is_new_pair)


def terminology() -> Knowledge:
    """Return groups of two PTs, and a label of sertraline that lists nausea."""
    groups = {
        TREMOR[0]: KnownGroups(
            soc=frozenset({"10029205", "nervous system disorders"}),
            hlgt=frozenset({"10028037", "movement disorders"}),
            hlt=frozenset({"10044566", "tremor (excl congenital)"}),
            smq_narrow=frozenset({"20000095", "akathisia"}),
            smq_broad=frozenset({"20000095", "akathisia", "20000044", "neuroleptic malignant syndrome"}),
            dme=True,
        ),
        RASH[0]: KnownGroups(soc=frozenset({"10040785", "skin disorders"}), ime=True),
    }
    names = {
        kind: frozenset(name for group in groups.values() for name in getattr(group, kind))
        for kind in ("soc", "hlgt", "hlt", "smq_narrow", "smq_broad")
    }

    def verdict(drug: str, ptid: str, is_fatal: bool) -> KnownVerdict:
        if drug != "sertraline":
            return KnownVerdict("unknown")
        if ptid == NAUSEA[0]:
            return KnownVerdict("listed", "Nausea was very common.")
        return KnownVerdict("unlisted")

    shown = {
        kind: sorted(name.capitalize() for name in texts if not name.isdigit())
        for kind, texts in names.items()
    }
    return Knowledge(
        lambda ptid: groups.get(ptid, KnownGroups()),
        verdict,
        names,
        has_labels=True,
        shown_names=shown,
        ptids={TREMOR[0], RASH[0], NAUSEA[0]},
    )


def book_of(
    folder: Path, text: str, *, names: SmallDictionary = NAMES, knowledge: Knowledge | None = None
) -> RuleBook:
    """Return the rules of a file with this text."""
    path = folder / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return read_rules(path, names=names, knowledge=knowledge or Knowledge())
