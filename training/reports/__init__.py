"""What a training leaves for people: its settings and environment, its curves, logs and model card.

run_files   the files of a run folder
curves      losses and scores as PNG and as TensorBoard logs
model_card  the model card of a bundle
"""

from training.reports.curves import TensorBoardLog, draw_curves
from training.reports.model_card import ModelCard, bundle_name, method_card
from training.reports.run_files import SOFT_LABELS_FOLDER, RunFiles

__all__ = [
    "SOFT_LABELS_FOLDER",
    "ModelCard",
    "RunFiles",
    "TensorBoardLog",
    "bundle_name",
    "draw_curves",
    "method_card",
]
