"""What several rules decide together: order, actions, severities, deliveries, cooldowns."""

from __future__ import annotations

from datetime import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.rulebook import DEFAULT_RULES, AlertDelivery, AlertRule, QuietHours, RuleBook, Severity
from monitor.alerts.rulebook.actions import DELIVERIES, SEVERITIES, Action, CooldownBy
from monitor.alerts.rulebook.rule import AlertPlan, no_author, planned
from monitor.effect_reports import CopyKind, CopyOf, EffectReport
from tests.monitor.alerts.rulebook.reports import NAUSEA, book_of, report

COPY = CopyOf("0", CopyKind.NEAR, 0.9)
ROUTES = """
[route.safety]
type = "email"
host = "localhost"
tls = "none"
from = "ade@example.org"
to = ["safety@example.org"]
[route.pager]
type = "slack"
url_env = "PAGER_URL"
"""


def plan(book: RuleBook, granted: frozenset[tuple[str, str]] = frozenset()) -> AlertPlan | None:
    return book.decide(report()).plan(report(), "a", granted)


def test_without_a_file_each_effect_raises_an_alert_except_in_copies() -> None:
    assert DEFAULT_RULES.decide(report()).raises_alert
    assert DEFAULT_RULES.decide(report(None, None)).raises_alert
    assert not DEFAULT_RULES.decide(report(copy_of=COPY)).raises_alert


def test_rules_that_apply_work_together(tmp_path: Path) -> None:
    book = book_of(
        tmp_path,
        f"""
        [[rule]]
        name = "digest"
        action = "digest"
        every = "daily"
        severity = "low"
        route = "safety"
        tags = ["a", "b"]
        [[rule]]
        name = "other"
        when = {{ drug = "fluoxetine" }}
        [[rule]]
        name = "now"
        severity = "high"
        route = ["pager", "safety"]
        tags = ["b", "c"]
        quiet_hours = "22:00-07:00"
        time_zone = "Europe/Berlin"
        {ROUTES}""",
    )
    decision = book.decide(report())
    assert decision.tags == ("a", "b", "c")
    quiet = QuietHours(time(22), time(7), "Europe/Berlin")
    assert plan(book) == AlertPlan(
        ("digest", "now"), Severity.HIGH, ("safety", "pager"), AlertDelivery.IMMEDIATE, quiet
    )
    assert set(book.routes) == {"safety", "pager"}


def test_a_drop_ends_the_search_and_keeps_what_came_before(tmp_path: Path) -> None:
    rules = ['name = "a"', 'name = "d"\naction = "drop"\nwhen = { source = "x" }', 'name = "b"']
    book = book_of(tmp_path, "\n".join(f"[[rule]]\n{rule}" for rule in rules))
    decision = book.decide(report())
    assert ([rule.name for rule in decision.matches], decision.dropped_by) == (["a"], "d")
    assert [explanation.reached for explanation in book.explain(report())] == [True, True, False]
    other = book.decide(report(platform="reddit"))
    assert ([rule.name for rule in other.matches], other.dropped_by) == (["a", "b"], None)


def test_a_tag_raises_no_alert(tmp_path: Path) -> None:
    book = book_of(tmp_path, '[[rule]]\nname = "t"\naction = "tag"\ntags = ["review"]')
    decision = book.decide(report())
    assert (decision.tags, decision.raises_alert, plan(book)) == (("review",), False, None)


def test_only_rules_that_raise_alerts_leave_copies_out(tmp_path: Path) -> None:
    book = book_of(
        tmp_path,
        '[[rule]]\nname = "t"\naction = "tag"\ntags = "copy"\n[[rule]]\nname = "a"\n'
        '[[rule]]\nname = "c"\nwhen = { copies = true }',
    )
    decision = book.decide(report(copy_of=COPY))
    assert (decision.tags, [rule.name for rule in decision.matches]) == (("copy",), ["c"])


def test_quiet_hours_hold_only_if_every_rule_that_is_as_urgent_has_some() -> None:
    quiet = QuietHours(time(22), time(7), "UTC")
    noisy, silent = AlertRule("noisy"), AlertRule("silent", quiet_hours=quiet)
    digest = AlertRule("digest", action=Action.DIGEST, delivery=AlertDelivery.DAILY)
    assert planned([silent, digest]).quiet_hours == quiet
    assert planned([silent, noisy]).quiet_hours is None


rules = st.lists(
    st.builds(
        AlertRule,
        st.text(min_size=1),
        severity=st.sampled_from([None, *SEVERITIES]),
        delivery=st.sampled_from(DELIVERIES),
        routes=st.lists(st.sampled_from("abc")).map(tuple),
    ),
    min_size=1,
    max_size=5,
)


@given(rules)
def test_a_plan_has_the_highest_severity_the_soonest_delivery_and_all_routes(
    several: list[AlertRule],
) -> None:
    together = planned(several)
    assert all(DELIVERIES.index(together.delivery) <= DELIVERIES.index(rule.delivery) for rule in several)
    severities = {rule.severity for rule in several} - {None}
    assert (together.severity is None) == (not severities)
    for severity in severities:
        assert together.severity is not None
        assert severity is not None
        assert SEVERITIES.index(together.severity) >= SEVERITIES.index(severity)
    assert set(together.routes) == {route for rule in several for route in rule.routes}


def hashed(author: str | None) -> str | None:
    return author and f"hash of {author}"


def key(by: CooldownBy, effect: EffectReport | None = None, name: str = "r") -> str | None:
    return AlertRule(name, cooldown=60, cooldown_by=by).cooldown_key(effect or report(), hashed)


def test_a_cooldown_is_about_what_it_says() -> None:
    other_drug, other_effect = report("fluoxetine"), report(pt=NAUSEA)
    other_author = report(author="author 8", tweet_id="2")
    same = {
        CooldownBy.RULE: (True, True, True),
        CooldownBy.DRUG: (False, True, True),
        CooldownBy.EFFECT: (True, False, True),
        CooldownBy.PAIR: (False, False, True),
        CooldownBy.AUTHOR: (True, True, False),
    }
    for by, expected in same.items():
        others = (other_drug, other_effect, other_author)
        assert tuple(key(by) == key(by, other) for other in others) == expected, by
        assert key(by) != key(by, name="another rule")
    assert len({key(by) for by in CooldownBy}) == len(CooldownBy)


def test_a_key_shows_neither_author_nor_words() -> None:
    uncoded = report(None, None, words="brain zaps")
    keys = [str(key(by, uncoded)) for by in CooldownBy]
    assert all(len(text) == 32 and int(text, 16) >= 0 for text in keys)


def test_a_cooldown_by_author_does_not_hold_posts_without_the_hash_of_an_author() -> None:
    assert key(CooldownBy.AUTHOR, report(author=None)) is None
    rule = AlertRule("r", cooldown=60, cooldown_by=CooldownBy.AUTHOR)
    assert rule.cooldown_key(report(), no_author) is None


def test_a_rule_in_cooldown_does_not_count(tmp_path: Path) -> None:
    text = '[[rule]]\nname = "a"\ncooldown = "6h"\nseverity = "high"\n[[rule]]\nname = "b"\n'
    book = book_of(tmp_path, f"{text}cooldown = '1h'\ncooldown_by = 'rule'")
    decision = book.decide(report())
    first, second = decision.cooldown_requests(report(), "a")
    assert (first.seconds, second.seconds) == (21_600, 3_600)
    assert plan(book) is None
    only_second = plan(book, frozenset({(second.key, "a")}))
    assert only_second == AlertPlan(("b",), None, (), AlertDelivery.IMMEDIATE, None)
    assert plan(book, frozenset({(second.key, "another alert")})) is None
