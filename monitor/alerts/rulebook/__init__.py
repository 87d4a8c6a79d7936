"""The rules file: which effects raise an alert, how urgent it is, and where it goes.

rule_tables    its tables, keys and valid values
rules_file     from the file to a `RuleBook`, or to an error with lines
source_lines   the lines of the file
rule_problems  what is wrong in it, in words
groups         product groups
compiling      names become canonical, conditions become comparable
contradictions rules that can never apply
conditions     what each condition compares
effect_view    an effect as conditions see it
knowledge      what rules look up: groups of a PT, listedness
drug_names     what rules need of the dictionary of drugs
routes         routes, where `ade-monitor notify` takes alerts
route_tables   from tables of the file to routes
actions        kinds of actions, severities, deliveries
durations      durations and quiet hours
rule           a rule, its cooldown, and what the rules decided
rule_book      all rules: `decide` and `explain`
"""

from monitor.alerts.rulebook.actions import Action, AlertDelivery, CooldownBy, Severity
from monitor.alerts.rulebook.drug_names import DrugNames, load_drug_names
from monitor.alerts.rulebook.durations import QuietHours
from monitor.alerts.rulebook.knowledge import NO_KNOWLEDGE, Knowledge
from monitor.alerts.rulebook.rule import AlertPlan, AlertRule, HashAuthor, RuleDecision, no_author
from monitor.alerts.rulebook.rule_book import DEFAULT_RULES, RuleBook, RuleExplanation
from monitor.alerts.rulebook.rule_problems import RulesError
from monitor.alerts.rulebook.rules_file import read_rules

__all__ = [
    "DEFAULT_RULES",
    "NO_KNOWLEDGE",
    "Action",
    "AlertDelivery",
    "AlertPlan",
    "AlertRule",
    "CooldownBy",
    "DrugNames",
    "HashAuthor",
    "Knowledge",
    "QuietHours",
    "RuleBook",
    "RuleDecision",
    "RuleExplanation",
    "RulesError",
    "Severity",
    "load_drug_names",
    "no_author",
    "read_rules",
]
