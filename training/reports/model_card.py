"""The model card of a bundle: one template, filled by every command that trains a bundle."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any, Final

from models.bundle import languages_line
from training.corpora import split_counts
from training.examples import Example, TrainingData
from training.presets import Method

_CLASSIFIERS: Final = {
    1: "one network",
    3: "the boosting ensemble of three classifiers",
    5: "the ensemble of five classifiers",
}


@dataclass(frozen=True)
class ModelCard:
    """The content of a model card. Text is Markdown.

    Attributes:
        name: of the bundle.
        command: the command that made it.
        method: how it was trained.
        classes: number of classes of the Normalizer.
        threshold: the Classifier's.
        epochs: number of epochs trained, of which the best was kept.
        data: what it was trained on, and the terms of use.
        about_scores: what was scored, and how to read the scores.
        scores: `precision`, `recall` and `f1` from 0 to 1, by the name of the table's row.
        sections: further sections by heading.
        limits: what the model cannot do, in addition to what is true for all.
        started_from: version of the bundle that was trained further; empty if there was none.
    """

    name: str
    command: str
    method: Method
    classes: int
    threshold: float
    epochs: int
    data: str
    about_scores: str
    scores: Mapping[str, Mapping[str, float]]
    sections: Mapping[str, str]
    limits: Sequence[str]
    started_from: str = ""

    def to_markdown(self) -> str:
        """Fill the template `model_card.md`."""
        template = Template(files(__package__).joinpath("model_card.md").read_text(encoding="utf-8"))
        text = template.substitute(
            name=self.name,
            languages=languages_line(self.method.languages),
            command=self.command,
            method=self._describe_training(),
            data=self.data.strip(),
            about_scores=self.about_scores,
            scores="\n".join(f"| {row} | {_percent(scores)} |" for row, scores in self.scores.items()),
            sections="\n\n".join(
                f"## {heading}\n\n{body.strip()}" for heading, body in self.sections.items()
            ),
            settings="\n".join(f"| {key} | {value} |" for key, value in _settings(self.method).items()),
            limits="\n".join(f"- {limit}" for limit in self.limits),
        )
        return re.sub(r"\n{3,}", "\n\n", text)

    def _describe_training(self) -> str:
        method = self.method
        reads = "the span with its text" if method.context else "the span alone"
        feedback = ", if a span is found in it" if method.feedback else ""
        start = f", starting from the bundle `{self.started_from}`" if self.started_from else ""
        rank = method.training.lora_rank
        adapters = f", by adapters of rank {rank} in place of whole layers" if rank else ""
        return (
            f"Preset `{method.name}`: {_CLASSIFIERS[method.classifiers]} on the encoder "
            f"`{_encoder_name(method)}`{start}, trained by Algorithm 1 of the paper{adapters}. The "
            f"embeddings {_frozen_layers(method.training.frozen_layers)} are frozen; the best of "
            f"{self.epochs} epochs was kept. The Normalizer reads {reads}. It is "
            f"{_normalizer(method, self.classes)}. A text is positive from the probability "
            f"{self.threshold:.3g}{feedback}."
        )


def method_card(
    name: str, method: Method, data: TrainingData, *, metrics: Mapping[str, Any], command: str
) -> str:
    """Write the model card of a bundle that `ade-train train` makes.

    Args:
        name: of the bundle.
        method: how it was trained.
        data: what it was trained on; counted, not quoted.
        metrics: as in `metrics.json`.
        command: the command that made it.
    """
    table = "\n".join(f"| {split} | {_counts(examples)} |" for split, examples in _splits(data))
    notes = "\n".join(f"- {note}" for note in metrics["notes"])
    return ModelCard(
        name=name,
        command=command,
        method=method,
        classes=metrics["classes"],
        threshold=metrics["threshold"]["threshold"],
        epochs=len(metrics["classifiers"]["1"]["epochs"]),  # early stopping may have ended them
        data=(
            f"| data | texts | positive | spans | with a PT |\n|---|---:|---:|---:|---:|\n{table}\n\n{notes}"
            "\n\nThe data itself is not in this folder: state here where it is from, and its terms of use."
        ),
        about_scores=(
            "The scores are of the validation texts, which chose the best epoch, and the threshold unless it "
            "is one half. Expect lower figures on other texts, and measure them with `ade-train evaluate`."
        ),
        scores=metrics["validation"],
        sections={},
        limits=["PTs that are not in `labels.json` are never assigned."],
        started_from=metrics.get("started_from", ""),
    ).to_markdown()


def _splits(data: TrainingData) -> Iterator[tuple[str, Sequence[Example]]]:
    """Yield the kinds of texts that a bundle was trained with."""
    if data.train:
        yield "training", data.train
    for mix in data.mixes:
        yield f"mixed in: {mix.name}", mix.examples
    if data.unlabelled:
        yield "training, by soft labels alone", [replace(e, label=0, spans=()) for e in data.unlabelled]
    yield "validation", data.valid


def bundle_name(out: Path) -> str:
    """Derive a bundle's name from its folder's: lower-case letters, digits, `.`, `_` and `-`."""
    name = re.sub(r"[^a-z0-9._-]+", "-", out.resolve().name.lower()).strip("-._")
    return name[:40] or "bundle"


def _normalizer(method: Method, classes: int) -> str:
    classifier = f"a classifier over {classes:,} PTs"
    if method.normalizer == "classifier":
        return classifier
    retriever = method.retriever
    search = (
        f"a retriever ({retriever.layers} layers of its own, {retriever.epochs} epochs of contrastive "
        "training) that searches their names, or those of a MedDRA release once `ade-train bundle "
        "set-terminology` has added them"
    )
    if method.normalizer == "retrieval":
        return search
    return (
        f"a hybrid: {classifier}, and {search}. Both together, and the similarity of letters, give a "
        "calibrated score; below its threshold a mention gets no code"
    )


def _frozen_layers(layers: int) -> str:
    if layers < 0:
        return "and all layers but the last" + (f" {-layers}" if layers < -1 else "")
    if layers == 0:
        return "alone"
    return "and the first layer" if layers == 1 else f"and the first {layers} layers"


def _settings(method: Method) -> dict[str, Any]:
    """Return all settings that had an effect, by the names of `--set`."""
    settings = asdict(method) | {"languages": ",".join(method.languages)}
    training, retriever = settings.pop("training"), settings.pop("retriever")
    del settings["name"]
    if method.start_from:
        settings["start_from"] = _last_part(method.start_from)
    else:
        del settings["start_from"], settings["keep_labels"]
    if method.normalizer != "classifier":
        settings |= {f"retriever_{key}": value for key, value in retriever.items()}
    settings |= {**training, "encoder": _encoder_name(method)}
    return {key.replace("_", "-"): value for key, value in settings.items()}


def _encoder_name(method: Method) -> str:
    """Name the encoder; for a folder of this machine, by its last part."""
    return _last_part(method.training.encoder)


def _last_part(source: str) -> str:
    return Path(source).resolve().name if Path(source).is_dir() else source


def _counts(examples: Sequence[Example]) -> str:
    counts = split_counts(examples)
    return " | ".join(f"{counts[name]:,}" for name in ("texts", "positive", "spans", "coded"))


def _percent(scores: Mapping[str, float]) -> str:
    return " | ".join(f"{100 * scores[name]:.1f}" for name in ("precision", "recall", "f1"))
