"""A method from texts to a bundle: its data, one network or several, the threshold, the model card."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from models.encoder.loading import Encoder, load_encoder
from models.encoder.tokenization import TweetTokenizer
from models.network.multitask import MultiTaskNetwork
from training.augmentation import Synonyms, augment
from training.errors import RunError
from training.examples import TrainingData, digest_of
from training.loop.inputs import Inputs
from training.methods.ensembles import Sources, train_further
from training.methods.job import Job
from training.methods.materials import prepare_materials
from training.methods.networks import Foundry, Recipe, Trained, Workshop, train_network
from training.methods.retrieval import Phrases, Searching, learn_to_search, retriever_layers
from training.methods.saving import Outcome, save
from training.methods.validation import Judge
from training.presets import Method
from training.reports.run_files import RunFiles


def train_method(
    method: Method,
    data: TrainingData,
    *,
    out: Path,
    shop: Workshop,
    command: str,
    wordnet: Synonyms | None = None,
    overwrite: bool = False,
    carry_terminology: bool = False,
) -> Outcome:
    """Train what a method says, and write the bundle.

    A training that was stopped goes on after its last whole epoch. One that is finished is not repeated:
    its bundle is written again from what the run folder has.

    Args:
        method: a preset, perhaps with changes.
        data: the texts.
        out: where the bundle goes; the last part of the path names it.
        shop: run folder, processes, watcher.
        command: that asked for it, for the model card.
        wordnet: synonyms for the augmented set of an ensemble of five; None leaves them out.
        overwrite: replace another bundle that is there.
        carry_terminology: where names are searched, put those of the terminology into the bundle, which must
            not be passed on then; by default the names of its labels serve.

    Returns:
        The same in each of several processes.

    Raises:
        TrainingError: the data has nothing to learn from, the run folder holds another training, something
            else is at `out`, or memory ran out.
        ModelError: the encoder cannot be loaded, or the bundle cannot be written.
    """
    files = RunFiles(shop.run)
    if shop.processes.is_main:
        files.refuse_taken(out, overwrite=overwrite)
    encoder = load_encoder(method.training.encoder)
    tokenizer = _tokenizer(encoder, method)
    materials = prepare_materials(method, data, tokenizer)
    if shop.processes.is_main:
        files.begin(method, data, command=command, fresh=shop.fresh)
    for note in materials.notes:
        shop.watcher.note(note)
    if "1b" not in materials.tasks:
        method = replace(method, feedback=False)  # with it, every text would be NoADE
    judge = Judge(method, data.valid, encoder.tokenizer, materials.labels)
    job = Job(method, data, encoder, tokenizer, materials, judge, shop)
    classifiers, network = _networks(job, wordnet)
    outcome: Outcome | None = None
    if shop.processes.is_main:
        searching = _searching(job, network, carry=carry_terminology)
        outcome = save(job, classifiers, network, searching, out, command)
        files.finish(outcome.version, outcome.metrics)
    return shop.processes.from_main(outcome) or Outcome("", {})


def _networks(job: Job, wordnet: Synonyms | None) -> tuple[dict[int, Trained], MultiTaskNetwork]:
    method, data, judge, shop = job.method, job.data, job.judge, job.shop
    labels, tasks = job.materials.labels, job.materials.tasks
    config = method.training
    augmented = [*data.train]
    if method.classifiers > 3:  # before anything is trained, since WordNet may be missing
        augmented += augment(
            data.train, per_positive=method.augmented_positives, seed=config.seed, wordnet=wordnet
        )
        shop.watcher.note(f"the augmented set has {len(augmented) - len(data.train):,} new positives")
    foundry = Foundry(job.encoder, config, len(labels), extracts="1b" in tasks)
    recipe = Recipe(
        role="network",
        title="network" if method.classifiers == 1 else f"classifier 1 of {method.classifiers}",
        tasks=tasks,
        config=config,
        validate=judge.whole,
        judged_by=" ".join(
            [
                digest_of(data.valid),
                f"threshold {method.threshold}, feedback {method.feedback}, context {method.context}",
                *(label.ptid for label in labels.classes),
            ]
        ),
        judged_on=Inputs.of(job.tokenizer.encode([example.text for example in data.valid])),
    )
    depth: int = job.encoder.model.config.num_hidden_layers
    layers = 0
    if len(labels):  # without classes there is no Normalizer, which the notes say already
        layers = retriever_layers(method, depth - config.frozen_of(depth), shop.watcher)
    first = train_network(recipe, foundry, shop)
    if method.classifiers == 1:
        whole = foundry.ensemble([first.network], retriever_layers=layers) if layers else first.network
        return {1: first}, whole
    sources = Sources(data.train, augmented, job.tokenizer)
    classifiers = train_further(first, recipe, method.classifiers, sources, judge, foundry, shop)
    networks = [one.network for one in classifiers.values()]
    return classifiers, foundry.ensemble(networks, retriever_layers=layers)


def _searching(job: Job, network: MultiTaskNetwork, *, carry: bool) -> Searching | None:
    if not network.retriever_layers:
        return None
    return learn_to_search(
        network,
        job.tokenizer,
        job.materials.labels,
        job.method,
        Phrases.of(job.data, job.method),
        job.shop.run / "retriever",
        carry=carry,
        watcher=job.shop.watcher,
        fresh=job.shop.fresh,
    )


def _tokenizer(encoder: Encoder, method: Method) -> TweetTokenizer:
    positions: int = encoder.model.config.max_position_embeddings
    if method.training.max_tokens > positions:
        raise RunError(
            f"max-tokens is {method.training.max_tokens}, but {method.training.encoder} has {positions} "
            f"positions: --set max-tokens={positions}, or less"
        )
    return TweetTokenizer(encoder.tokenizer, method.training.max_tokens)
