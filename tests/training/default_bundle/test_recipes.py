import pytest

from training.default_bundle.recipes import RECIPES, recipe_method
from training.errors import RunError


def test_the_larger_reader_is_unlike_the_default_bundle_and_stays_small() -> None:
    default, second = recipe_method("default"), recipe_method("second")
    assert default.training.encoder != second.training.encoder
    assert default.training.lora_rank == 0 < second.training.lora_rank
    assert default.training.max_tokens == second.training.max_tokens
    assert all(method.reads_context for method in (default, second))


def test_a_rival_gets_the_encoder_and_the_texts_of_the_recipe() -> None:
    rival = recipe_method("second", "mtl", epochs=3, seed=5)
    assert (rival.name, rival.classifiers) == ("mtl", 1)
    assert rival.training.encoder == RECIPES["second"].training.encoder
    assert (rival.training.epochs, rival.training.seed) == (3, 5)


@pytest.mark.parametrize(
    ("recipe", "rival", "epochs", "message"),
    [
        ("third", None, None, "default, second"),
        ("default", "boosting-ensemble", None, "ensemble"),
        ("default", "mlt", None, "mtl"),
        ("default", None, 0, "epochs"),
    ],
)
def test_impossible_recipes_are_refused(
    recipe: str, rival: str | None, epochs: int | None, message: str
) -> None:
    with pytest.raises(RunError, match=message):
        recipe_method(recipe, rival, epochs=epochs)
