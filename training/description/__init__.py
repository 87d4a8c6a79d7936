"""Description of a corpus: counts, lengths, and the distribution of its PTIDs."""

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

__all__ = [
    "Lengths",
    "PtidDistribution",
    "TextFigures",
    "count_ptids",
    "description_to_json",
    "draw_ptids",
    "histogram_lines",
    "measure_texts",
    "ptid_lines",
]
