import hashlib
import hmac

import pytest

from crashgate.audit.chain import arguments_digest

KEY = bytes(range(32))


@pytest.mark.ablation("a digest depends on the key")
def test_the_digest_is_an_hmac_of_the_canonical_arguments() -> None:
    # Guards: sort_keys and the separators; the text is written by hand.
    expected = hmac.new(KEY, b'{"a":"\\u00e9","b":[1,true,null]}', hashlib.sha256).hexdigest()

    assert arguments_digest({"b": [1, True, None], "a": "é"}, KEY) == expected


@pytest.mark.threats(29)
def test_nobody_without_the_key_can_try_out_values() -> None:
    # Guards: the key; a plain hash of a short value could be found by trying.
    arguments = {"severity": "error"}
    plain = b'{"severity":"error"}'

    assert arguments_digest(arguments, KEY) not in {hashlib.sha256(plain).hexdigest(), hashlib.md5(plain).hexdigest()}  # noqa: S324 - to compare
    assert arguments_digest(arguments, KEY) != arguments_digest(arguments, bytes(32))


@pytest.mark.ablation("a digest is keyed")
@pytest.mark.parametrize("key", [b"", b"short", bytes(33)])
def test_a_key_of_another_length_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        arguments_digest({}, key)


def test_strange_values_have_a_digest_too() -> None:
    # A refused call has a digest of what was sent, whatever that was.
    strange: dict[str, object] = {"n": float("nan"), "s": "\ud800", "deep": [[[{}]]]}

    assert len(arguments_digest(strange, KEY)) == 64
