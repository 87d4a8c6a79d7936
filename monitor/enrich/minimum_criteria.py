"""The four minimum criteria of a valid report: an identifiable reporter and patient, a product, and an event.

They are those of ICH E2D (minimum criteria for reporting). Most posts are not valid reports, and need not
be: a post is a lead that a safety team may follow up, not a report.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.findings import Fact, FactKind
from monitor.records import Post, PostKind


def missing_criteria(
    post: Post, *, has_drug: bool, has_effect: bool, facts: Sequence[Fact]
) -> tuple[str, ...]:
    """Return which criteria a post lacks, in the order "reporter", "patient", "product", "event".

    - "reporter" needs an id of the author: someone could reach this account. Whether a person is behind it is
      not checked. The account of a repost is not that of the author.
    - "patient" needs a `PATIENT` fact: the text states whom it happened to, the author or another person.
    - "product" needs a drug that an effect is linked to.
    - "event" needs an effect.

    Most posts lack one of them, nearly always the patient or the product. A post that lacks none is still
    not a valid report: a person must confirm each criterion.

    Args:
        post: the post.
        has_drug: True if an effect of the post is linked to a drug.
        has_effect: True if the post mentions an effect.
        facts: what its text states.
    """
    met = {
        "reporter": bool(post.author_id) and post.kind is not PostKind.REPOST,
        "patient": any(fact.kind is FactKind.PATIENT for fact in facts),
        "product": has_drug,
        "event": has_effect,
    }
    return tuple(criterion for criterion, is_met in met.items() if not is_met)
