"""Description of a corpus: counts, lengths, texts of several windows, and the distribution of its PTIDs."""

from training.description.corpus_charts import (
    description_to_json,
    draw_ptids,
    histogram_lines,
    ptid_lines,
)
from training.description.corpus_figures import (
    Lengths,
    PtidDistribution,
    TextFigures,
    count_ptids,
    measure_texts,
)
from training.description.long_texts import LongTextFigures, count_long_texts

__all__ = [
    "Lengths",
    "LongTextFigures",
    "PtidDistribution",
    "TextFigures",
    "count_long_texts",
    "count_ptids",
    "description_to_json",
    "draw_ptids",
    "histogram_lines",
    "measure_texts",
    "ptid_lines",
]
