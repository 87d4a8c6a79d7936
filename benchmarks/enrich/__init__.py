"""What each step of the enrichment costs per post; each case is a module of its own.

- `drug_case`: the drugs of a post. The baseline `words_of` only splits the text into words.
- `link_case`: the drug of each effect.
- `fact_case`: the facts that a text states.
- `copy_case`: the keys of a text that its copies share.
- `rule_case`: what 50 rules decide about an effect.
- `daemon_case`: the daemon with the enrichment, and the baseline, with `enrich.enabled = false`.

Links, facts, keys and rules are about posts with an effect alone. The last line is one JSON object.
"""
