"""The drugs to watch for: a TOML file of names, for the filter and for the rules of X.

`docs/connect.md` explains it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from monitor.connect.errors import ConnectError
from monitor.word_search import words_of

MAX_NAME: Final = 100
"""Longest name, in characters."""


def _searchable(name: str) -> str:
    if not any(character.isalnum() for word in words_of(name) for character in word):
        raise ValueError("has no letter and no digit to search for")
    if '"' in name or any(not character.isprintable() for character in name):
        raise ValueError("has a quotation mark or a control character")
    return " ".join(name.split())


def _hashtag(name: str) -> str:
    name = name.removeprefix("#")
    if len(words_of(name)) != 1:
        raise ValueError("is not one word")
    return name


def _language(tag: str) -> str:
    if not (tag.isascii() and tag.replace("-", "").isalpha()):
        raise ValueError("is not a language tag such as en")
    return tag.lower()


Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME), AfterValidator(_searchable)]
Hashtag = Annotated[str, Field(min_length=1, max_length=MAX_NAME), AfterValidator(_hashtag)]
Language = Annotated[str, Field(min_length=2, max_length=16), AfterValidator(_language)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Drug(_Table):
    """A drug and everything that people call it.

    Attributes:
        name: its name.
        aliases: other names: brands, abbreviations, misspellings.
        hashtags: tags without their `#`; a name is also found when it is a hashtag.
    """

    name: Name
    aliases: tuple[Name, ...] = ()
    hashtags: tuple[Hashtag, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, as words to look for in a text."""
        return (self.name, *self.aliases, *self.hashtags)


class RuleOptions(_Table):
    """How the rules of X are built.

    Attributes:
        languages: only posts in these languages, as X detects them; empty for all.
        retweets: whether to receive retweets.
        max_length: longest rule in characters; X allows 512 or 1,024, depending on the access level.
        tag: tag of our rules. Rules with another tag are never touched.
    """

    languages: tuple[Language, ...] = ()
    retweets: bool = True
    max_length: int = Field(512, ge=64, le=4_096)
    tag: str = Field("ade-monitor", min_length=1, max_length=64)


class DrugList(_Table):
    """The content of the file."""

    drugs: tuple[Drug, ...] = Field(alias="drug", min_length=1)
    x: RuleOptions = RuleOptions()

    def names(self) -> Iterator[str]:
        """Yield all names of all drugs."""
        for drug in self.drugs:
            yield from drug.names


def read_drug_list(path: Path) -> DrugList:
    """Read a TOML file of drugs.

    Raises:
        ConnectError: it cannot be read, or something in it is wrong; the message names the place.
    """
    try:
        return DrugList.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConnectError(
            f"the drug list {path} cannot be read: {error.strerror}", "name a TOML file with --drugs"
        ) from None
    except ValidationError as error:
        problems = "\n  ".join(
            f"{_place(problem['loc'])}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_url=False, include_input=False)
        )
        raise ConnectError(
            f"the drug list {path} is wrong:\n  {problems}\ndocs/connect.md shows an example"
        ) from None
    except (ValueError, RecursionError) as error:
        raise ConnectError(f"the drug list {path} is not valid TOML: {error}") from None


def _place(location: tuple[int | str, ...]) -> str:
    """Return `drug 3, aliases 1` for `("drug", 2, "aliases", 0)`."""
    return "".join(
        f" {part + 1}" if isinstance(part, int) else f"{', ' if index else ''}{part}"
        for index, part in enumerate(location)
    )
