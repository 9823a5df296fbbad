"""Tokens as a model counts them. Rule: o200k, over the JSON that a client would show."""

import json
from importlib import import_module
from typing import Protocol, cast


class _Tokenizer(Protocol):
    def encode(self, text: str) -> list[int]: ...


# The package has no types of its own.
_O200K = cast("_Tokenizer", import_module("rs_bpe.bpe").openai.o200k_base())


def tokens(document: object) -> int:
    """The tokens of a text, or of a document as compact JSON."""
    text = document if isinstance(document, str) else json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return len(_O200K.encode(text))
