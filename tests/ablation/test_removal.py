"""What is left of a piece of code without the check that a comment names."""

import pytest

from tests.ablation.checks import named
from tests.ablation.removal import NotRemovableError, without


def _left(source: str) -> str:
    """The source without the one check that it names."""
    ((_, line, verb),) = named(source)
    return without(source, line, verb)


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("# check: it\nif a:\n    b()\n", "if False:\n    b()\n"),
        ("if a:  # check: it\n    b()\n", "if False:\n    b()\n"),
        ("if a:\n    b()\n# check: it\nelif c:\n    d()\n", "if a:\n    b()\nelif False:\n    d()\n"),
        ("# check: it\nraise Error(\n    a,\n)\n", "pass\n"),
        ("# check: it\nwith a:\n    b()\n", "if True:\n    b()\n"),
        ("try:\n    a()\n# check: it\nexcept E:\n    b()\n", "if True:\n    a()\n"),
        ("try:\n    a()\n# check: it\nexcept E:\n    b()\nexcept F:\n    c()\n", "try:\n    a()\nexcept F:\n    c()\n"),
        ("match a:\n    # check: it\n    case 1:\n        b()\n", "match a:\n    case 1 if False:\n        b()\n"),
        ("# check: it\n@a\ndef b():\n    pass\n", "def b():\n    pass\n"),
        ("x = (\n    a\n    # check: it\n    and b(\n        1\n    )\n)\n", "x = a\n"),
        ("x = (\n    a  # check: it\n    and b\n    and c\n)\n", "x = b and c\n"),
        ("x = a or (\n    b  # check: it\n    and c\n)\n", "x = a or (c)\n"),
        ("x = (\n    a\n    # check: it\n    or (b and c)\n)\n", "x = a\n"),
        ("x = (\n    a\n    # check: it\n    | b\n    | c\n)\n", "x = a | c\n"),
        ("f(\n    # check: it\n    a,\n    b=c,\n)\n", "f(b=c)\n"),
        ("f(\n    a,\n    # check: it\n    b=c,\n)\n", "f(a)\n"),
        ("x = {\n    # check: it\n    'a': b,\n    'c': d,\n}\n", "x = {'c': d}\n"),
        ("x = [\n    a\n    for a in b\n    # check: it\n    if a > 0\n]\n", "x = [a for a in b]\n"),
        (
            "x = (\n    'ä'\n    # check: it\n    'b'\n    'c'\n)\n",
            "x = (\n    'ä'\n    # check: it\n    \"\"\n    'c'\n)\n",
        ),
        ("# check[always]: it\nreturn_ = a\n", "return_ = True\n"),
        ("# check[never]: it\nx = a if b else c\n", "x = c\n"),
        ("f(\n    # check[none]: it\n    a=b,\n)\n", "f(a=None)\n"),
        ("# check[huge]: it\nx: int = 3\n", "x: int = 1000000000\n"),
        ("# check[unwrap]: it\nx = await a(b, c)\n", "x = b\n"),
        ("# check[unwrap]: it\nx = a.strip()\n", "x = a\n"),
        ("# check[unwrap]: it\nx = a is True\n", "x = a\n"),
        ("x = [\n    # check[unwrap]: it\n    a(b)\n    for b in c\n]\n", "x = [b for b in c]\n"),
    ],
)
def test_the_thing_below_the_comment_is_taken_out(source: str, left: str) -> None:
    assert _left(source) == left


@pytest.mark.parametrize(
    "source",
    [
        "# check: it\ndef a():\n    pass\n",
        "x = [\n    # check: it\n    a(b)\n    for b in c\n]\n",
        "x = [\n    # check: it\n    a(b), c\n]\n",
        "# check[always]: it\npass\n",
        "# check[unwrap]: it\nx = a\n",
    ],
)
def test_what_cannot_be_taken_out_is_an_error(source: str) -> None:
    with pytest.raises(NotRemovableError):
        _left(source)


def test_one_thing_may_be_several_checks() -> None:
    source = "# check: one\n# check[always]: two\n\n# why\nif a:  # check: three\n    b()\n"

    assert [*named(source)] == [("one", 5, "remove"), ("two", 5, "always"), ("three", 5, "remove")]
