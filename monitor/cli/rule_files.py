"""The rules that a command reads: those of a file, of the one in the settings, or the default ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.alerts.rulebook import Knowledge, RuleBook
    from monitor.settings import Settings


def read_chosen_rules(settings: Settings, knowledge: Knowledge, *, file: Path | None = None) -> RuleBook:
    """Return the rules of a file.

    Args:
        settings: has the file if `file` is None. Without one, the rules are the default ones.
        knowledge: what the rules look up. The caller tells what they lack (`RuleBook.lacks`).
        file: rules file.

    Raises:
        RulesError: the file is wrong.
    """
    from monitor.alerts.rulebook import DEFAULT_RULES, load_drug_names, read_rules

    path = file or settings.alerts.rules
    if path is None:
        return DEFAULT_RULES
    return read_rules(path, names=load_drug_names(settings.enrich), knowledge=knowledge)


def names_untried(book: RuleBook) -> list[str]:
    """Return the names of the rules whose cooldown cannot be tried on stored posts: those by author.

    The role `ade_reader` does not see the hashes of authors.
    """
    from monitor.alerts.rulebook.actions import CooldownBy

    return [rule.name for rule in book.rules if rule.cooldown and rule.cooldown_by is CooldownBy.AUTHOR]
