"""Table 1 of the paper: all its configurations trained and scored, next to the paper's own figures.

runs   the corpus, and the training of each preset with each seed
table  the table, and the paper's figures
"""

from training.table1.runs import Table1, read_corpus, scored_splits
from training.table1.table import render_table1

__all__ = ["Table1", "read_corpus", "render_table1", "scored_splits"]
