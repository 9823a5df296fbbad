"""What the code says of an upstream has its source in docs/upstreams, where everybody can read it."""

import re
from pathlib import Path

import pytest

from tests.catalogue import UPSTREAMS

CITED = re.compile(r"docs/upstreams/([a-z-]+)\.md((?:(?:, | and |)#[a-z0-9-]+)*)")
LINKED = re.compile(r"\]\(([A-Za-z-]+\.md)?#([a-z0-9-]+)\)")
LETTERS = re.compile(r"(?<=\()[A-Z](?: [A-Z])*(?=\))")
NOT_IN_THE_PROJECT = ("contracts/", "export-api.txt", "sessions-api.txt", "wire_behaviour")


@pytest.fixture(scope="session")
def upstreams(root: Path) -> Path:
    """The folder with one page for each provider."""
    return root / "docs" / "upstreams"


def headings(page: Path) -> set[str]:
    """The anchors of a page, as they are in a link to it."""
    lines = page.read_text(encoding="utf-8").splitlines()
    found = [line.lstrip("#").strip() for line in lines if line.startswith("#")]
    return {re.sub(r"[^a-z0-9 -]", "", each.lower()).replace(" ", "-") for each in found}


def test_each_provider_has_a_page(upstreams: Path) -> None:
    assert {page.stem for page in upstreams.glob("*.md")} == {"README", *UPSTREAMS}


def test_no_source_cites_what_is_not_in_the_project(root: Path, sources: list[Path]) -> None:
    found = [
        f"{path.relative_to(root)}: {name}"
        for path in sources
        for name in NOT_IN_THE_PROJECT
        if name in path.read_text(encoding="utf-8")
    ]

    assert found == []


def test_every_cited_heading_is_there(root: Path, upstreams: Path, sources: list[Path]) -> None:
    anchors = {page.stem: headings(page) for page in upstreams.glob("*.md")}
    cited = [
        (path.relative_to(root), page, anchor)
        for path in sources
        for page, those in CITED.findall(" ".join(path.read_text(encoding="utf-8").split()))
        for anchor in re.findall(r"#([a-z0-9-]+)", those) or [None]
    ]

    assert [each for each in cited if each[1] not in anchors or each[2] not in {None, *anchors[each[1]]}] == []
    assert {page for _, page, _ in cited} == set(anchors) - {"README"}


def test_every_heading_that_a_page_links_to_is_there(root: Path, tracked: list[Path]) -> None:
    links = [
        (page, page if not target else page.parent / target, anchor)
        for page in tracked
        if page.suffix == ".md"
        for target, anchor in LINKED.findall(page.read_text(encoding="utf-8"))
    ]

    assert [
        f"{page.relative_to(root)}: #{anchor}" for page, target, anchor in links if anchor not in headings(target)
    ] == []
    assert links


def test_every_fact_says_how_it_is_known_in_a_letter_that_is_explained(upstreams: Path) -> None:
    explained = set(re.findall(r"^\| ([A-Z]) \|", (upstreams / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    used = {
        letter
        for page in upstreams.glob("*.md")
        for letters in LETTERS.findall(page.read_text(encoding="utf-8"))
        for letter in letters.split()
    }

    assert used == explained
