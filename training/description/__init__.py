"""What a corpus holds: counts, lengths, and how its PTIDs are spread."""

from training.description.chart import draw_ptids
from training.description.ptids import PtidSpread, spread_ptids
from training.description.texts import Lengths, TextFigures, measure_texts

__all__ = ["Lengths", "PtidSpread", "TextFigures", "draw_ptids", "measure_texts", "spread_ptids"]
