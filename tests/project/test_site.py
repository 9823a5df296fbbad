import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import cast


def _pages(node: object) -> Iterator[str]:
    """The pages of a part of the navigation."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        yield from _pages(list(cast("dict[str, object]", node).values()))
    elif isinstance(node, list):
        for each in cast("list[object]", node):
            yield from _pages(each)


def test_every_page_is_in_the_navigation_once(root: Path) -> None:
    site = tomllib.loads((root / "zensical.toml").read_text(encoding="utf-8"))
    named = list(_pages(site["project"]["nav"]))
    pages = {page.relative_to(root / "docs").as_posix() for page in (root / "docs").rglob("*.md")}

    # The decisions are listed on a page of their own.
    assert sorted(named) == sorted(each for each in pages if not each.startswith("decisions/0"))


def test_every_picture_is_on_a_page_and_fetches_nothing(root: Path) -> None:
    pages = [root / "README.md", *(root / "docs").rglob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    pictures = sorted((root / "docs" / "images").iterdir())

    assert [each.name for each in pictures if f"images/{each.name})" not in text] == []
    assert [each.name for each in pictures if re.search(r"url\(\"?http|<image|<script", each.read_text("utf-8"))] == []
