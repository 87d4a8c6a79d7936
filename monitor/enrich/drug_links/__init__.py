"""Which drug caused an effect: rules over the words around drugs and effects, in the order of reading.

- `masked_text.py`: a post as a row of words in which each drug and each effect is one character.
- `drug_leads.py`: what the words before a drug mean, such as "switched from" or "took".
- `link_rules.py`: the table of rules, which speak for a drug or against it.
- `link_scores.py`: how often each rule is right.
- `weighing.py`: what the rules say about each pair of a drug and an effect.
- `pronouns.py`, `remedies.py`: which drug "it" means, and which drugs people take for which effect.
- `linking.py`: the choice of a drug for each effect of a post.
- `context_drugs.py`: the drug of a title, a place or another post, if the post itself names none.
"""

from monitor.enrich.drug_links.linking import link_drugs

__all__ = ["link_drugs"]
