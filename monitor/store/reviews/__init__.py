"""The review in the database: samples, items, verdicts, see `docs/review.md`.

review_records    verdicts, items and samples as records
post_strata       strata of a window, and the posts that a seed draws
review_candidates mentions that are uncertain, serious or unlisted
sample_rows       the rows of a sample
leasing           the next item of a reviewer
shown_items       items as reviewers see them
verdict_checks    whether a verdict fits its item
deciding          verdicts, and their undoing
missed_effects    effects that the model has missed in a post with others
item_states       what holds for an item after its verdicts
sample_verdicts   the verdicts by stratum
reviewed_posts    posts that are decided, and independent verdicts
"""

from monitor.store.reviews.deciding import add_verdict, decide_item, undo_verdict
from monitor.store.reviews.item_states import ItemState
from monitor.store.reviews.leasing import NextRequest, lease_item, next_item
from monitor.store.reviews.missed_effects import add_missed_effect
from monitor.store.reviews.post_strata import PostStratum, StratumSize, band_of, count_strata, draw_posts
from monitor.store.reviews.review_candidates import ReviewCandidate, find_review_candidates
from monitor.store.reviews.review_records import (
    ChosenPost,
    DrawnSample,
    ReviewDecision,
    ReviewError,
    ReviewVerdict,
    SampleRequest,
    Strategy,
)
from monitor.store.reviews.reviewed_posts import (
    DecidedItem,
    ItemVerdicts,
    ReviewedPost,
    count_partly_reviewed,
    read_independent,
    read_reviewed,
)
from monitor.store.reviews.sample_rows import add_sample, find_sample, list_samples, lock_samples
from monitor.store.reviews.sample_verdicts import StratumReview, read_verdicts
from monitor.store.reviews.shown_items import ItemFilters, ListedItem, ShownItem, find_items
from monitor.store.reviews.verdict_checks import NO_TERM, find_pt

__all__ = [
    "NO_TERM",
    "ChosenPost",
    "DecidedItem",
    "DrawnSample",
    "ItemFilters",
    "ItemState",
    "ItemVerdicts",
    "ListedItem",
    "NextRequest",
    "PostStratum",
    "ReviewCandidate",
    "ReviewDecision",
    "ReviewError",
    "ReviewVerdict",
    "ReviewedPost",
    "SampleRequest",
    "ShownItem",
    "Strategy",
    "StratumReview",
    "StratumSize",
    "add_missed_effect",
    "add_sample",
    "add_verdict",
    "band_of",
    "count_partly_reviewed",
    "count_strata",
    "decide_item",
    "draw_posts",
    "find_items",
    "find_pt",
    "find_review_candidates",
    "find_sample",
    "lease_item",
    "list_samples",
    "lock_samples",
    "next_item",
    "read_independent",
    "read_reviewed",
    "read_verdicts",
    "undo_verdict",
]
