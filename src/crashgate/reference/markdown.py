"""The little Markdown that the page needs. Rule: no text can break out of its cell."""

from collections.abc import Iterable, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; every row has a cell for each column."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(map(cell, line))} |" for line in lines)


def cell(text: str) -> str:
    """Text on one line, with the characters that would end a cell escaped."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """Text as code; empty text stays empty."""
    if "`" in text:
        return f"`` {text} ``"
    return f"`{text}`" if text else ""


def codes(texts: Iterable[str]) -> str:
    """A list of words as code."""
    return ", ".join(map(code, texts))


def paragraphs(*texts: str) -> str:
    """Blocks with an empty line between them; empty ones left out."""
    return "\n\n".join(text for text in texts if text)
