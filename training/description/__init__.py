"""What a corpus holds: counts, lengths, and how its PTIDs are spread."""

from training.description.corpus_charts import draw_ptids
from training.description.corpus_figures import Lengths, PtidSpread, TextFigures, measure_texts, spread_ptids

__all__ = ["Lengths", "PtidSpread", "TextFigures", "draw_ptids", "measure_texts", "spread_ptids"]
