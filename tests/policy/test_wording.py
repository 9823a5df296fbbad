from crashgate.model.scope import APP, ORGANIZATION, PLATFORM, PROJECT
from crashgate.policy.wording import listed, places, unknown, word


def test_a_list_that_fits_is_shown_whole() -> None:
    assert listed(["read", "write"], limit=20) == "read, write"
    assert listed([], limit=20) == ""


def test_what_does_not_fit_is_counted() -> None:
    assert listed(["read", "write", "full"], limit=13) == "read, write, and 1 more"
    assert listed(["read", "write"], limit=3) == "2 not shown"


def test_an_unknown_word_is_answered_with_the_nearest_or_with_all() -> None:
    assert unknown("level", "wirte", ["read", "write"]) == "unknown level `wirte`; did you mean `write`?"
    assert unknown("level", "x", ["read", "write"]) == "unknown level `x`; what there is: read, write"


def test_a_word_in_a_message_is_one_short_line() -> None:
    assert word("a\nb\u202e" + "c" * 100) == "a b" + "c" * 56 + "…"


def test_places_are_spoken_of_from_the_narrower_to_the_wider() -> None:
    both = {ORGANIZATION: ("acme",), PROJECT: ("checkout-*", "x")}
    app = {PLATFORM: ("ios",), APP: ("com.acme.Checkout",)}

    assert places(both, limit=40) == "projects checkout-*, x of organizations acme"
    assert places(app, limit=40) == "apps com.acme.Checkout of platforms ios"
    assert places({PROJECT: ("a", "*")}, limit=40) == "all projects"
    assert places({}, limit=40) == "anywhere"
