"""The prompt follows its own rules, and its cost is estimated."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from training.examples import Example
from training.labelling import LabelPrompt, read_answer


@pytest.mark.parametrize("with_terms", [False, True])
def test_the_examples_of_the_prompt_are_valid_answers(with_terms: bool) -> None:
    prompt = LabelPrompt(with_terms)
    validator = Draft202012Validator(prompt.schema())
    messages = prompt.messages(Example("1", "hello", 0))[1:-1]
    labels = set()
    for question, answer in zip(messages[::2], messages[1::2], strict=True):
        validator.validate(json.loads(answer["content"]))
        labels.add(read_answer(answer["content"], question["content"].split("Post:\n")[1]).label)
    assert labels == {0, 1}


def test_only_a_prompt_with_terms_asks_for_terms() -> None:
    plain, coded = LabelPrompt(), LabelPrompt(with_terms=True)
    example = Example("1", "hello", 0, context="A thread")
    assert "term" not in json.dumps(plain.schema())
    assert "Preferred Term" in coded.messages(example)[0]["content"]
    assert plain.version != coded.version


def test_longer_posts_need_more_tokens() -> None:
    prompt = LabelPrompt()
    short, long = (prompt.tokens(Example("1", "a" * length, 0))[0] for length in (0, 400))
    assert long == short + 100
    characters = sum(len(message["content"]) for message in prompt.messages(Example("1", "", 0)))
    assert characters / 4 < short < characters / 2
