"""Facts that a text states, read by rules: what made a case serious, doses, times, whom it happened to.

- `quantities.py`: numbers, amounts and times in a normalized form.
- `fact_rules.py`: what a rule is, and which words around a match take it back.
- `serious_facts.py`: death, danger to life, hospital, disability, birth defects.
- `timing_facts.py`: doses, onset, stopping and taking again.
- `use_facts.py`: pregnancy, misuse, overdose, withdrawal.
- `patients.py`: whom it happened to.
- `fact_reading.py`: all facts of a text.
"""

from monitor.enrich.facts.fact_reading import read_facts

__all__ = ["read_facts"]
