"""First labels for posts, from a language model behind a server: `ade-train label`.

label_prompt      what is sent, what it costs, and the form of the answers
model_answers     answers checked: labels, and quotes as spans
server_settings   which server, and how it is used
chat_server       the chat API: retries, refusals, timeouts
request_pace      the rate of requests, and Retry-After
labelled_file     labels and rejects on disk
label_posts       many posts at once, each settled
label_agreement   agreement with labels of people
"""

from training.labelling.label_agreement import LabelAgreement, cohens_kappa, measure_agreement
from training.labelling.label_posts import LabelCounts, label_posts
from training.labelling.label_prompt import LabelPrompt
from training.labelling.labelled_file import LabelledFile
from training.labelling.model_answers import (
    PostLabels,
    TermNames,
    UnusableAnswerError,
    place_quote,
    read_answer,
)
from training.labelling.server_settings import KEY_VARIABLE, ServerSettings

__all__ = [
    "KEY_VARIABLE",
    "LabelAgreement",
    "LabelCounts",
    "LabelPrompt",
    "LabelledFile",
    "PostLabels",
    "ServerSettings",
    "TermNames",
    "UnusableAnswerError",
    "cohens_kappa",
    "label_posts",
    "measure_agreement",
    "place_quote",
    "read_answer",
]
