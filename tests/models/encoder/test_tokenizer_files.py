"""Tokenizers from the files of every family: special tokens, types of a pair, and exact offsets."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, pre_tokenizers, processors

from models import TrunkError, load_encoder
from models.encoder import TweetTokenizer
from models.encoder.architectures import FAMILIES
from models.encoder.tokenizer_files import prepare_tokenizer, read_tokenizer
from tests.families import MODEL_TYPES, POSTS, family_tokenizer
from tests.tiny import Layout

MAX_TOKENS = 64
# Words, and what is hard about real posts: emoji of one and several code points, combining marks, halves of
# surrogate pairs, styled letters, other scripts, all kinds of space.
PIECES = [
    *POSTS,
    *("😵", "👩\u200d⚕️", "🏽", "e\u0301", "n\u0303", "\ud83d", "\udc00", "𝐝𝐢𝐳𝐳𝐲", "ｗｉｄｅ", "ﬁ", "İ", "ẞ"),
    *("頭痛", "болит", "ก้", "\u0e33", "<s>", "</s>", "[SEP]", "<pad>", "▁", "Ġ", "½", "\x00", "\ufffd"),
    *(" ", "  ", "\n", "\t", "\u00a0", "\u2003", "\u200b", "\u2028", "", "'", "-"),
]
TEXTS = st.one_of(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), st.text(max_size=20))


def tweet_tokenizer(model_type: str) -> TweetTokenizer:
    tokenizer = prepare_tokenizer(family_tokenizer(model_type), FAMILIES[model_type].special)
    return TweetTokenizer(tokenizer, MAX_TOKENS)


TOKENIZERS = {model_type: tweet_tokenizer(model_type) for model_type in MODEL_TYPES}


@pytest.mark.parametrize("model_type", MODEL_TYPES)
@settings(deadline=None)
@given(text=TEXTS)
@example("  zoloft  gives\nme nausea ")
def test_offsets_lie_in_the_text_in_its_order_and_without_its_spaces(model_type: str, text: str) -> None:
    [encoding] = TOKENIZERS[model_type].encode([text])
    last = 0
    for (start, end), word in zip(encoding.offsets, encoding.word_ids, strict=True):
        if word is None:
            assert (start, end) == (0, 0)
            continue
        assert last <= start <= end <= len(text) or start <= last <= end  # several tokens of one character
        last = max(last, start)
        if text[start:end].strip():
            assert text[start] != " "
            assert text[end - 1] != " "


@pytest.mark.parametrize("model_type", MODEL_TYPES)
@settings(deadline=None)
@given(before=TEXTS, after=TEXTS)
def test_a_word_between_any_others_has_its_own_offsets(model_type: str, before: str, after: str) -> None:
    text = f"{before} nausea {after}"
    [encoding] = TOKENIZERS[model_type].encode([text])
    start, end = len(before) + 1, len(before) + 7
    pieces = [
        (first, last)
        for (first, last), word in zip(encoding.offsets, encoding.word_ids, strict=True)
        if word is not None and first < end and last > start
    ]
    if len(encoding) < MAX_TOKENS:  # else it may be cut off
        assert (pieces[0][0], pieces[-1][1]) == (start, end)


@pytest.mark.parametrize("model_type", MODEL_TYPES)
@settings(deadline=None)
@given(texts=st.tuples(TEXTS, TEXTS))
def test_the_second_text_of_a_pair_has_type_one(model_type: str, texts: tuple[str, str]) -> None:
    special = FAMILIES[model_type].special
    [first, second] = TOKENIZERS[model_type].encode(texts)
    [pair] = TOKENIZERS[model_type].encode_pairs(*([text] for text in texts))
    if len(pair) == MAX_TOKENS:
        return
    between = special.between - 1
    assert pair.ids == [*first.ids, *[first.ids[-1]] * between, *second.ids[1:]]
    assert pair.type_ids == [0] * len(first) + [1] * (between + len(second) - 1)
    assert pair.tokens[0] == special.start
    assert pair.tokens[-1] == special.end


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_every_character_that_is_not_a_space_is_in_a_token(model_type: str) -> None:
    for text in POSTS:
        [encoding] = TOKENIZERS[model_type].encode([text])
        read = {place for start, end in encoding.offsets for place in range(start, end)}
        left_out = {text[place] for place in range(len(text))} if len(encoding) == MAX_TOKENS else set()
        left_out |= {text[place] for place in set(range(len(text))) - read}
        assert len(encoding) == MAX_TOKENS or left_out <= {" "}


def test_a_tokenizer_that_presets_nothing_gets_its_special_tokens() -> None:
    bare = family_tokenizer("roberta")
    bare.post_processor = processors.Sequence([])
    prepared = prepare_tokenizer(bare, FAMILIES["roberta"].special)
    assert prepared.encode("so").tokens[:: len(prepared.encode("so")) - 1] == ["<s>", "</s>"]


def test_a_tokenizer_of_bert_that_is_right_does_not_change() -> None:
    tokenizer = family_tokenizer("bert")
    before = tokenizer.to_str()
    assert prepare_tokenizer(tokenizer, FAMILIES["bert"].special).to_str() == before


def test_preparing_twice_changes_nothing() -> None:
    for model_type in MODEL_TYPES:
        special = FAMILIES[model_type].special
        once = prepare_tokenizer(family_tokenizer(model_type), special).to_str()
        twice = prepare_tokenizer(Tokenizer.from_str(once), special).to_str()
        for part in ("normalizer", "pre_tokenizer", "post_processor", "added_tokens"):
            assert json.loads(twice)[part] == json.loads(once)[part]


def test_sentence_piece_reads_white_space_as_one_space() -> None:
    tokenizer = TOKENIZERS["xlm-roberta"]
    [short, long] = tokenizer.encode(["zoloft gives", " zoloft \u00a0\n gives "])
    assert short.ids == long.ids
    assert [long.offsets[1][0], long.offsets[-2][1]] == [1, 16]


def test_the_first_word_of_byte_level_bpe_may_have_a_space_before_it() -> None:
    tokenizer = family_tokenizer("roberta")
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    prepared = prepare_tokenizer(tokenizer, FAMILIES["roberta"].special)
    encoding = prepared.encode("zoloft gives me")
    assert encoding.tokens[1].startswith("Ġ")
    assert encoding.offsets[1][0] == 0
    assert encoding.offsets[-2] == (13, 15)


def test_a_byte_level_vocabulary_reads_like_its_tokenizer_json(tmp_path: Path) -> None:
    tokenizer = family_tokenizer("roberta")
    tokenizer.model.save(str(tmp_path))
    family = FAMILIES["roberta"]
    files = {name: tmp_path / name for name in ("vocab.json", "merges.txt")}
    read = read_tokenizer(files, family, str(tmp_path))
    expected = prepare_tokenizer(tokenizer, family.special)
    for text in POSTS:
        for pair in (None, "so"):
            actual, right = read.encode(text, pair), expected.encode(text, pair)
            assert (actual.ids, actual.offsets) == (right.ids, right.offsets)


def test_a_word_piece_vocabulary_reads_like_its_tokenizer_json(tmp_path: Path) -> None:
    for model_type in ("bert", "mpnet"):
        tokenizer, family = family_tokenizer(model_type), FAMILIES[model_type]
        vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
        path = tmp_path / "vocab.txt"
        path.write_text("".join(f"{token}\n" for token, _ in vocabulary), encoding="utf-8")
        read = read_tokenizer({"vocab.txt": path}, family, str(tmp_path))
        expected = prepare_tokenizer(tokenizer, family.special)
        for text in POSTS:
            actual, right = read.encode(text, "so"), expected.encode(text, "so")
            assert (actual.ids, actual.offsets) == (right.ids, right.offsets)


@pytest.mark.parametrize(
    ("model_type", "names", "message"),
    [
        ("bert", [], "lacks tokenizer.json or vocab.txt"),
        ("roberta", ["vocab.json"], "lacks tokenizer.json or vocab.json and merges.txt"),
        ("roberta", ["vocab.txt", "bpe.codes"], "bpe.codes is fastBPE"),
        (
            "xlm-roberta",
            ["sentencepiece.bpe.model"],
            r"bpe\.model is SentencePiece.*save_pretrained",
        ),
        ("xlm-roberta", [], "lacks tokenizer.json: copy"),
        ("mpnet", ["vocab.json", "merges.txt"], "lacks tokenizer.json or vocab.txt"),
    ],
)
def test_what_a_tokenizer_lacks_is_named(model_type: str, names: list[str], message: str) -> None:
    files = {name: Path("encoder") / name for name in names}
    with pytest.raises(TrunkError, match=message):
        read_tokenizer(files, FAMILIES[model_type], "encoder")


def test_a_tokenizer_of_another_family_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    family_tokenizer("mpnet").save(str(path))
    with pytest.raises(TrunkError, match=r"lacks the token \[PAD\]: it does not belong to a BERT"):
        read_tokenizer({"tokenizer.json": path}, FAMILIES["bert"], str(tmp_path))


def test_a_vocabulary_with_capitals_makes_a_cased_tokenizer(checkpoints: dict[Layout, Path]) -> None:
    cased = load_encoder(str(checkpoints["biobert"])).tokenizer
    uncased = load_encoder(str(checkpoints["prefixed"])).tokenizer
    assert cased.encode("Zoloft", add_special_tokens=False).tokens[0] == "Z"
    assert uncased.encode("Zoloft", add_special_tokens=False).tokens == ["zoloft"]


def test_tokenizer_settings_override_the_case_of_the_vocabulary(
    checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(checkpoints["biobert"], tmp_path / "encoder")
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True}))
    tokens = load_encoder(str(folder)).tokenizer.encode("Zoloft", add_special_tokens=False).tokens
    assert tokens == ["zoloft"]


def test_a_vocabulary_without_a_special_token_is_refused(
    checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(checkpoints["biobert"], tmp_path / "encoder")
    tokens = (folder / "vocab.txt").read_text().replace("[PAD]", "[pad]")
    (folder / "vocab.txt").write_text(tokens)
    with pytest.raises(TrunkError, match=r"vocab\.txt lacks the token \[PAD\]"):
        load_encoder(str(folder))


def test_a_special_token_in_a_tweet_is_text(checkpoints: dict[Layout, Path]) -> None:
    encoding = load_encoder(str(checkpoints["safetensors"])).tokenizer.encode("a [SEP] b [CLS]")
    assert encoding.tokens.count("[SEP]") == 1
    assert encoding.tokens.count("[CLS]") == 1
