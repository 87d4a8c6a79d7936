"""The example in docs/rules.md runs, and the page lists every condition and every key."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.alerts.rulebook import RulesError
from monitor.alerts.rulebook.rule_tables import RuleTable, WhenTable
from monitor.findings import DrugMention, DrugNaming, Fact, FactKind
from monitor.settings import Settings
from monitor.store import Store
from tests.monitor.alerts.rulebook.reports import book_of
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.store.batches import POSTED, write
from tests.monitor.store.test_stored_reports import HOSPITAL, enriched, tweet

PAGE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text(encoding="utf-8")
IBUPROFEN = DrugMention(9, 15, "zoloft", "ibuprofen", DrugNaming.GENERIC, "M01AE01")
CAFFEINE = DrugMention(9, 15, "zoloft", "caffeine", DrugNaming.GENERIC, "N06BC01")
PREGNANCY = Fact(FactKind.PREGNANCY, 0, 5, "day 3")


@pytest.fixture
def example(tmp_path: Path) -> str:
    """The path of the example."""
    [text] = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


async def test_the_example_raises_the_alerts_that_it_promises(
    run: RunCommand, store: Store, migrated: Settings, example: str
) -> None:
    posts = [
        enriched(tweet("joke", platform="meme-archive", posted_at=POSTED - timedelta(hours=1)), HOSPITAL),
        enriched(tweet("serious"), HOSPITAL),
        enriched(tweet("plain", probability=0.7), drug=IBUPROFEN),
        enriched(tweet("other"), PREGNANCY, drug=CAFFEINE),
    ]
    for post in posts:
        await write(store, [post])
    ended = run(migrated, "rules", "test", example, "--since", "2026-07-01", "--json")
    result = json.loads(ended.out)
    alerts = {(alert["tweet_id"], *alert["rules"], alert["severity"]) for alert in result["newest"]}
    assert alerts == {("serious", "serious", "the rest", "high"), ("plain", "the rest", None)}
    assert {rule["name"]: rule["applied"] for rule in result["rules"]} == {
        "no jokes": 2,
        "serious": 2,
        "new pair": 0,
        "the rest": 4,
        "pregnancy": 2,
    }
    for command in re.findall(r"^ade-monitor (rules .*?) +#", PAGE, re.MULTILINE):
        arguments = command.replace("rules.toml", example).replace("1541096452", "serious").split()
        assert run(migrated, *arguments).status == 0


def test_every_condition_and_every_key_is_explained() -> None:
    conditions = {field.alias or name for name, field in WhenTable.model_fields.items()}
    keys = {field.alias or name for name, field in RuleTable.model_fields.items()} - {"when", "not"}
    for table, names in (("Conditions", conditions), ("Actions", keys)):
        section = PAGE.split(f"## {table}\n")[1].split("\n## ")[0]
        rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
        assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(names)


def test_the_messages_on_the_page_are_those_of_the_code(tmp_path: Path) -> None:
    [text] = re.findall(r"^```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    cycle, unknown, never = text.splitlines()[1:]
    groups = "\n\n[group.portfolio]\ngroups = ['ours']\n[group.ours]\ngroups = ['portfolio']\n"
    serious = "\n\n\n[[rule]]\nname = 'serious'\nwhen = { drug = 'zolft' }\n"
    dropped = "\n\n\n[[rule]]\nname = 'everything'\naction = 'drop'\n\n[[rule]]\nname = 'late'"
    with pytest.raises(RulesError) as error:
        book_of(tmp_path, groups + serious + dropped)
    for line in (cycle, unknown.partition(": did you")[0], never):
        assert line in str(error.value)
