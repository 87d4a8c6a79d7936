"""What the model card says first where a bundle carries a MedDRA release."""

from __future__ import annotations

import re

_MARK = "> **Not to be passed on.**"
_NOTE = re.compile(rf"\A{re.escape(_MARK)}(?:.*\n)*?\n")


def with_licence_note(card: str, release: str | None) -> str:
    """Put the note before a model card, in place of that of another release.

    Args:
        card: Markdown.
        release: as in `Retrieval.release`; None takes the note away.
    """
    without = _NOTE.sub("", card)
    if release is None:
        return without
    told = f"MedDRA {release}" if release else "a MedDRA release of unknown version"
    return (
        f"{_MARK} This bundle holds names, codes and hierarchy of {told}\n"
        "> (`terminology.json.gz`): do not give it to anyone without a licence for MedDRA. Where the text\n"
        "> below says that it has labels alone, that was so before the release was put in.\n"
        f"\n{without}"
    )
