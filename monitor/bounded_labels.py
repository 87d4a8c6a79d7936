"""Labels of metrics with a fixed set of values: whatever else is passed becomes `OTHER`.

Each value of a label is a series of its own, for ever. So a label may never hold what comes from outside,
such as the id, the text or the author of a post.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

OTHER: Final = "other"
"""The value of a label in place of one that is not in the list."""

PARTITION: Final = "partition"
"""The label without a list. It takes integers only, and ids of posts are text."""

# ISO 639-1. Three letters would be thousands of languages, and any producer may name one.
_LANGUAGES: Final = """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee
    el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io
    is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn
    mr ms mt my na nd ne ng nl no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si
    sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo
    xh yi yo za zh zu
"""

LABEL_VALUES: Final[Mapping[str, frozenset[str]]] = {
    label: frozenset(values.split())
    for label, values in {
        "cause": "deleted stale",
        "check": """
            broker bundle database event_loop partitions platform reader redis route_threads routes running
            servers stages supervision workers
        """,
        "dependency": "broker database platform program redis route",
        "kind": "exact near repost",
        "language": _LANGUAGES,
        "outcome": "refused taken",
        "platform": "bluesky mastodon x-v2",
        "program": "broker postgres valkey worker",
        "reason": """
            bad-date bad-id batch-too-large blank-text damaged-batch empty expired missing-field model-crash
            model-error not-an-object not-json not-utf8 too-large too-long unknown-source unknown-value
            wrong-type
        """,
        "since": "message post",
        "stage": "ReadMessages ScorePosts SendDeadLetters SkipOtherLanguages WriteBatches",
        "what": "alerts posts",
    }.items()
}
"""Every label of our metrics with its values, except `PARTITION`."""


def bounded_value(label: str, value: object) -> str:
    """Return the value for a label, or `OTHER` if the label may not have it.

    Raises:
        KeyError: there is no such label.
    """
    if label == PARTITION:
        return str(value) if isinstance(value, int) else OTHER
    return str(value) if value in LABEL_VALUES[label] else OTHER


class _Bounded(MetricWrapperBase):
    """A metric that replaces values that its labels may not have."""

    def labels(self, *values: Any, **by_name: Any) -> Self:
        """Return the series with these labels. Name them: `RETRIES.labels(dependency="redis")`."""
        if values:
            raise TypeError(f"name the labels of {self._name}: {', '.join(self._labelnames)}")
        return super().labels(**{label: bounded_value(label, value) for label, value in by_name.items()})


class BoundedCounter(_Bounded, Counter):
    """A counter with bounded labels."""


class BoundedGauge(_Bounded, Gauge):
    """A gauge with bounded labels."""


class BoundedHistogram(_Bounded, Histogram):
    """A histogram with bounded labels."""
