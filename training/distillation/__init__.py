"""Distillation: a teacher reads texts, and a student learns what the teacher thinks of them.

teacher       a bundle that reads texts
soft_labels   what it thinks of a text, and several teachers combined
part_files    what a teacher computes, on disk, resumable
label_files   soft labels on disk
relation_files  relations of words in its last states, on disk
soft_windows  what it thinks of the text's windows and tokens, as the student reads them
student_data  the data sets of Algorithm 1 with soft targets
student       all of it in order, to the student's bundle
"""

from training.distillation.label_files import label_examples
from training.distillation.relation_files import add_relations
from training.distillation.soft_labels import SoftLabel, SoftLabels, SoftSpan, combine_soft_labels
from training.distillation.student import ShowProgress, distill, no_progress
from training.distillation.student_data import add_soft_targets, add_unlabelled, unlabelled_tasks
from training.distillation.teacher import Teacher, count_teachers

__all__ = [
    "ShowProgress",
    "SoftLabel",
    "SoftLabels",
    "SoftSpan",
    "Teacher",
    "add_relations",
    "add_soft_targets",
    "add_unlabelled",
    "combine_soft_labels",
    "count_teachers",
    "distill",
    "label_examples",
    "no_progress",
    "unlabelled_tasks",
]
