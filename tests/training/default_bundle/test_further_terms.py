from models.terminology import Llt, Terminology
from training.default_bundle.further_terms import FURTHER_PTS, add_further_terms


def test_a_missing_pt_is_added_with_its_name_as_llt() -> None:
    extended = add_further_terms(Terminology({"1": "Nausea"}, (Llt("1", "Nausea", "1"),)))
    assert dict(extended.pt_names) == {"1": "Nausea", **FURTHER_PTS}
    assert {llt.ptid for llt in extended.llts} == set(extended.pt_names)


def test_a_release_that_has_the_terms_stays_as_it_is() -> None:
    """Also if it has one of them as an LLT of another PT, or under another code."""
    hunger, tolerance, _ = FURTHER_PTS
    complete = Terminology(
        {hunger: "Hunger", "7": "Drug tolerance", "9": "WITHDRAWAL SYNDROME"},
        (Llt(hunger, "Hunger", hunger), Llt(tolerance, "Tachyphylaxis", "7")),
    )
    assert add_further_terms(complete) == complete
