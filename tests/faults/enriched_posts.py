"""Posts for the enrichment: reports, copies, threads, two drugs, serious effects, drugs without an effect.

Their ids and times ascend. So a worker that reads them in their order always writes the same rows, however
they are divided into batches.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from monitor.settings import EnrichSettings, Settings

FIRST_POST: Final = datetime(2026, 11, 2, 8, tzinfo=UTC)
DRUGS: Final = ("zoloft", "warfarin", "lexapro", "ibuprofen", "metformin")
EFFECTS: Final = ("headache", "nausea", "insomnia", "shaking")
AUTHORS: Final = 7
BLOCK: Final = 10
"""Posts that belong together."""

NEW_PAIRS, SERIOUS, AUTHOR = "new pairs", "serious", "each author"
RULES: Final = f"""
[[rule]]
name = "stays in a hospital"
action = "tag"
tags = ["hospital"]
when.facts = "hospital"

[[rule]]
name = "{NEW_PAIRS}"
severity = "medium"
when.first_time = true

[[rule]]
name = "{SERIOUS}"
severity = "critical"
cooldown = "1d"
cooldown_by = "drug"
when.serious = true

[[rule]]
name = "{AUTHOR}"
cooldown = "1d"
cooldown_by = "author"
when.has_drug = true
"""
"""The first of them for a pair, one for a drug and one for an author: no alert depends on time."""


def enriched_values(count: int, first: int) -> list[bytes]:
    """Return posts as they are sent.

    Args:
        count: their number.
        first: id of the first of them.
    """
    return [json.dumps(_post(number)).encode() for number in range(first, first + count)]


def with_enrichment(settings: Settings, folder: Path) -> Settings:
    """Return settings that recognize copies, with a file of rules in a folder."""
    path = folder / "rules.toml"
    path.write_text(RULES, encoding="utf-8")
    alerts = settings.alerts.model_copy(update={"rules": path, "relay_interval": 0.3})
    return settings.model_copy(update={"enrich": EnrichSettings(), "alerts": alerts})


def _post(number: int) -> dict[str, Any]:
    block, place = divmod(number, BLOCK)
    drug, other = DRUGS[block % len(DRUGS)], DRUGS[(block + 2) % len(DRUGS)]
    effect = EFFECTS[block // 3 % len(EFFECTS)]
    report = f"{drug} gave me {effect} again on day {block} and i could not work at all"
    author, report_id = f"author-{block % AUTHORS}", str(block * BLOCK)
    by_place: tuple[dict[str, str], ...] = (
        {"author_id": author, "text": report},
        {"author_id": "fan", "text": f"RT @x: {report}", "kind": "repost", "referenced_id": report_id},
        {"author_id": "thief", "text": f"{report.upper()} https://example.org/{number}"},
        {
            "author_id": author,
            "text": f"on day {block} the {effect} came back and was even worse than before",
            "kind": "reply",
            "referenced_id": report_id,
        },
        {
            "author_id": f"author-{(block + 3) % AUTHORS}",
            "text": f"{drug} gave me {effect} since day {block} so now i take {other} for it every evening",
        },
        {
            "author_id": f"author-{(block + 1) % AUTHORS}",
            "text": f"{other} made me so dizzy on day {block} that i ended up in the hospital for a night",
        },
        {"author_id": author, "text": f"picked up my {drug} and my {other} on day {block}"},
        {"text": f"day {block} without any news"},
        {"text": f"{other} works for me, day {block}"},
        {"author_id": author, "text": f"a walk by the sea on day {block}"},
    )
    created = FIRST_POST + timedelta(seconds=number)
    return {"id": str(number), "created_at": created.isoformat(), **by_place[place]}
