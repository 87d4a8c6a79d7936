"""Fit two readers to each other: which posts the second reads, and how both decide together.

kinds_of_text     the validation texts, as both readers read them
who_reads         the probability of the first from which the second reads a text
log_odds_weights  the weights of both readers' log-odds
span_coding       the spans that each choice finds, with their codes
choices           which words become spans and what codes them: the scores of each choice
fit               these steps together
storing           the bundle with both, and its model card
"""

from training.two_readers.fit import ReaderFit, fit_two_readers
from training.two_readers.storing import save_two_readers

__all__ = ["ReaderFit", "fit_two_readers", "save_two_readers"]
