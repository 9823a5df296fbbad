"""The pages are in British English, and say nothing that made readers stop."""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

CODE = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)|https?://\S+|<[^>]*>", re.DOTALL)
VENDORS = {"artifact", "initialize", "license", "licensed", "organization", "organizations", "program"}
"""Names of vendors, of the protocol and of the licence, in their own spelling, and a program of a computer."""

STUMBLES = (
    r"stands? in (?:a|the) log",
    r"[Mm]ake an installation",
    r"nothing that it says itself",
    r"[Tt]he log has the truth",
    r"\b[Mm]end (?:it|what|the)\b",
    r"an argument that this tool does not take",
    r"[Nn]o policy speaks of",
    r"counts nowhere",
    r"a delete is no write",
    r"most_of_an_agent",
    r"takes? no notice of",
)
"""Sentences that people stopped at; what says the same in plain English is in the pages now."""


def _pages(root: Path) -> Iterator[tuple[str, str]]:
    """Each page with its text, those about single decisions and earlier versions left out."""
    for page in [*root.glob("*.md"), *(root / "docs").rglob("*.md")]:
        if page.name != "CHANGELOG.md" and "decisions" not in page.parts:
            yield page.relative_to(root).as_posix(), page.read_text(encoding="utf-8")


def _spellings() -> Mapping[str, str]:
    """The British spelling of American words, as codespell knows them."""
    listed = files("codespell_lib").joinpath("data", "dictionary_en-GB_to_en-US.txt").read_text(encoding="utf-8")
    pairs = [line.partition("->") for line in listed.splitlines()]
    british = {word for word, _, _ in pairs}
    found = {american.strip(): word for word, _, others in pairs for american in others.split(",")}
    return {american: word for american, word in found.items() if american and american not in british}


def test_the_spelling_of_the_pages_is_british(root: Path) -> None:
    spellings = _spellings()
    words = [(page, word) for page, text in _pages(root) for word in re.findall(r"[A-Za-z]+", CODE.sub(" ", text))]
    american = {(page, word) for page, word in words if word.lower() in spellings.keys() - VENDORS}

    assert len(spellings) > 400
    assert {f"{page}: {word}, {spellings[word.lower()]}" for page, word in american} == set()


def test_no_page_and_no_message_has_a_sentence_that_readers_stopped_at(root: Path) -> None:
    sources = ((path.relative_to(root).as_posix(), path.read_text("utf-8")) for path in (root / "src").rglob("*.py"))
    found = [
        f"{name}: {match[0]}"
        for name, text in [*_pages(root), *sources]
        for match in re.finditer("|".join(STUMBLES), " ".join(text.split()))
    ]

    assert found == []
