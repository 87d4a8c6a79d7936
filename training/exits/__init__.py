"""Early exits: small heads after a lower layer, which settle clear negatives.

exit_states      the states below a head, and what the whole network decides
head_training    a head distilled from the whole network
share_interval   how sure the share of the positives is that go on
layer_costs      the time of each part of a pass
exit_search      the layer and the threshold with the best expected speed
exit_comparison  a bundle with and without its exit on the same texts
"""

from training.exits.exit_comparison import ExitComparison, compare_exit
from training.exits.exit_search import (
    ExitCandidate,
    ExitSearch,
    divide_texts,
    find_exit,
    search_steps,
)
from training.exits.exit_store import store_exit, with_exit
from training.exits.share_interval import least_share, most_lost, positives_needed

__all__ = [
    "ExitCandidate",
    "ExitComparison",
    "ExitSearch",
    "compare_exit",
    "divide_texts",
    "find_exit",
    "least_share",
    "most_lost",
    "positives_needed",
    "search_steps",
    "store_exit",
    "with_exit",
]
