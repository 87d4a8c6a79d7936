"""`ade-monitor try`: type or paste a post, and see what the monitor makes of it. No server is needed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from monitor.cli.console import print_json, print_note
from monitor.cli.options import Bundle, settings_of
from monitor.cli.rule_files import read_chosen_rules

if TYPE_CHECKING:
    from models import Scorer
    from monitor.alerts.rulebook import Knowledge, RuleBook
    from monitor.cli.tried_posts import TriedPost
    from monitor.enrich.enriching import Enricher
    from monitor.settings import Settings

TRIED_ID: Final = "tried"
"""Id of the post; it never reaches a database."""

LONGEST: Final = 100_000
"""Most characters of a post, as in the message contract."""


def try_command(
    context: typer.Context,
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="[TEXT]",
            help="The post. Without it, you type posts at the terminal; standard input is one post.",
            show_default=False,
        ),
    ] = None,
    about: Annotated[
        str | None,
        typer.Option(
            "--context", help="What the author writes under: the title of a thread, the page of a product."
        ),
    ] = None,
    rules: Annotated[
        Path | None, typer.Option("--rules", help="Rules file (setting alerts.rules).", show_default=False)
    ] = None,
    bundle: Bundle = None,
    database: Annotated[
        bool,
        typer.Option(
            "--database", help="Look up product labels and groups of effects in the database, for the rules."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each post.")] = False,
) -> None:
    """Show what the monitor makes of a post: effects with their codes, drugs, facts, and the rules.

    Nothing is stored or sent, and no server is needed.

    Example: [bold]ade-monitor try "day 3 on zoloft and i cannot stop shaking"[/]
    """
    from models import load_scorer
    from monitor.cli.tried_posts import show_tried, tried_record
    from monitor.enrich.enriching import Enricher

    settings = settings_of(context, model__bundle=bundle, alerts__rules=rules)
    book, knowledge = _rules_of(settings, look_up=database)
    scorer = load_scorer(settings.model.bundle, settings.model.serving)
    enricher = Enricher(settings.enrich)
    try:
        for post in _texts(text):
            tried = _try(post, about, scorer, enricher, book, knowledge)
            if as_json:
                print_json(tried_record(tried, book, knowledge, settings.alerts.min_probability))
            else:
                show_tried(tried, book, knowledge, settings.alerts.min_probability)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _rules_of(settings: Settings, *, look_up: bool) -> tuple[RuleBook, Knowledge]:
    """Return the rules and what they look up.

    Raises:
        RulesError: the rules file is wrong.
        RetryableError: the database is away, and it is asked.
    """
    from monitor.alerts.knowledge_reading import load_knowledge
    from monitor.alerts.rulebook import NO_KNOWLEDGE

    knowledge = load_knowledge(settings) if look_up else NO_KNOWLEDGE
    book = read_chosen_rules(settings, knowledge)
    if missing := book.lacks(knowledge):
        print_note(missing if look_up else f"{missing} (--database looks it up)")
    return book, knowledge


def _try(
    text: str,
    about: str | None,
    scorer: Scorer,
    enricher: Enricher,
    book: RuleBook,
    knowledge: Knowledge,
) -> TriedPost:
    from monitor.cli.tried_posts import TriedPost
    from monitor.records import ContextKind, ContextPart, Origin, Post, ReceivedPost, ScoredPost

    parts = (ContextPart(ContextKind.TITLE, about),) if about and about.strip() else ()
    post = Post(TRIED_ID, text, context=parts)
    received = ReceivedPost(post, Origin("", 0, 0, datetime.now(UTC)))
    [prediction] = scorer.score([text], [post.context_text] if parts else None)
    [scored] = enricher.enrich([ScoredPost(received, prediction)])
    return TriedPost(scored, scorer.version)


def _texts(text: str | None) -> Iterator[str]:
    """Yield the posts: the argument, all of standard input, or what a person types, one after the other."""
    if text is not None:
        yield _checked(text)
    elif not sys.stdin.isatty():
        yield _checked(sys.stdin.read())
    else:
        print_note("type or paste a post, then an empty line; Ctrl-D ends")
        while (typed := _typed_post()) is not None:
            if typed.strip():
                yield _checked(typed)


def _typed_post() -> str | None:
    """Return the lines up to an empty one, or None at the end of the input."""
    lines: list[str] = []
    while True:
        try:
            line = input("… " if lines else "> ")
        except EOFError:
            return "\n".join(lines) or None
        if not line.strip():
            return "\n".join(lines)
        lines.append(line)


def _checked(text: str) -> str:
    """Return the text of a post, without white space around it.

    Raises:
        typer.BadParameter: it is empty or too long.
    """
    stripped = text.strip()
    if not stripped:
        raise typer.BadParameter('the post is empty: write it in quotes, as in ade-monitor try "my post"')
    if len(stripped) > LONGEST:
        raise typer.BadParameter(
            f"the post has {len(stripped):,} characters, more than the {LONGEST:,} of the longest post: "
            "`ade-monitor score FILE` reads files with many posts"
        )
    return stripped
