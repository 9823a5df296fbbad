"""The types of parameters: what an id, a slug and a time may look like."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from crashgate.model.params import Name, ObjectId, Params, Ref, UtcTime

OBJECT_ID = TypeAdapter[str](ObjectId)
REF = TypeAdapter[str](Ref)
NAME = TypeAdapter[str](Name)
TIME = TypeAdapter[str](UtcTime)


@given(st.text(alphabet="0123456789abcdef", min_size=24, max_size=24))
def test_every_text_of_24_hexadecimal_digits_is_an_object_id(text: str) -> None:
    assert OBJECT_ID.validate_python(text) == text


@pytest.mark.threats(13)
@given(st.text())
@example("")
@example("5f1a0c3d9e8b7a665544332")
@example("5f1a0c3d9e8b7a66554433221")
@example("5F1A0C3D9E8B7A6655443322")
@example("5f1a0c3d9e8b7a6655443322\n")
@example("\uff15f1a0c3d9e8b7a6655443322")
@example(" 5f1a0c3d9e8b7a6655443322")
def test_no_other_text_is_an_object_id(text: str) -> None:
    if len(text) == 24 and set(text) <= set("0123456789abcdef"):
        return
    with pytest.raises(ValidationError):
        OBJECT_ID.validate_python(text)


@pytest.mark.parametrize(
    "text", ["checkout-ios", "testproject-9", "a", "payments_api", "5f1a0c3d9e8b7a6655443322", "9to5"]
)
def test_ids_and_slugs_are_references(text: str) -> None:
    assert REF.validate_python(text) == text


@pytest.mark.threats(13)
@given(st.text())
@example("")
@example(".")
@example("..")
@example("-a")
@example("a-")
@example("a--b")
@example("a.b")
@example("Checkout")
@example("a" * 101)
@example("checkout-ios\n")
@example("\u0441heckout")
def test_a_reference_is_lower_case_words_joined_one_by_one(text: str) -> None:
    words = text.replace("_", "-").split("-")
    plain = all(word and set(word) <= set("abcdefghijklmnopqrstuvwxyz0123456789") for word in words)
    if plain and len(text) <= 100 and len(words) <= 41:
        assert REF.validate_python(text) == text
    else:
        with pytest.raises(ValidationError):
            REF.validate_python(text)


@pytest.mark.parametrize("text", ["2026-11-20T15:30:00Z", "2026-11-20T15:30:00.1Z", "2026-11-20T15:30:00.123456Z"])
def test_a_time_is_utc_and_ends_in_z(text: str) -> None:
    assert TIME.validate_python(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-11-20", "2026-11-20T15:30:00", "2026-11-20T15:30:00+00:00", "2026-11-20T15:30:00Z\n", "7d",
     "\uff12026-11-20T15:30:00Z"],
)  # fmt: skip
def test_another_form_of_time_is_refused_because_upstream_refuses_it(text: str) -> None:
    with pytest.raises(ValidationError):
        TIME.validate_python(text)


@pytest.mark.parametrize("text", ["", "a/b", "a?b", "a&b", "a\nb", "é", "a" * 101])
def test_a_name_is_short_and_plain(text: str) -> None:
    with pytest.raises(ValidationError):
        NAME.validate_python(text)


class Frozen(Params):
    """Parameters to try."""

    admin: bool = False


@pytest.mark.ablation("parameters take no undeclared name")
@pytest.mark.threats(15)
def test_parameters_take_no_undeclared_name() -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Frozen.model_validate({"admin": True, "project_id": "x"})


def test_parameters_cannot_be_changed_after_they_were_checked() -> None:
    made = Frozen()
    (name,) = Frozen.model_fields
    with pytest.raises(ValidationError, match="frozen"):
        setattr(made, name, True)
