from collections.abc import Mapping, Sequence

import pytest

from crashgate.errors import PolicyDocumentError
from crashgate.policy.toml_positions import MAX_BYTES, find_hidden_character, parse
from tests.policy.builders import HEAD

X = "policies/triage-agent.toml"
GRANT = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-*"]\naccess.error = "read"\n'


def problems(text: str) -> Sequence[str]:
    """Why a text cannot be read, as people see it."""
    with pytest.raises(PolicyDocumentError) as caught:
        parse(text, source=X)
    return [str(problem) for problem in caught.value.problems]


NOT_READABLE: Mapping[str, tuple[str, Sequence[str]]] = {
    "a bidirectional control in a comment": (
        HEAD + "# \u202e hidden\n",
        [f"{X}:4: the line holds a hidden character, U+202E; take it out"],
    ),
    "an escape sequence in a comment": (
        HEAD + "# \x1b[31m\n",
        [f"{X}:4: the line holds a hidden character, U+001B; take it out"],
    ),
    "a byte order mark": ("\ufeff" + HEAD, [f"{X}:1: the line holds a hidden character, U+FEFF; take it out"]),
    "no value": (HEAD + "grant =\n", [f"{X}:4: this is not TOML: Invalid value"]),
    "a list with no end": (
        HEAD + "grant = [1,",
        [f"{X}:4: this is not TOML: Invalid value (at the end of the document)"],
    ),
    "a key twice": (HEAD + "agent = 'x'\n", [f"{X}:4: `agent` is already set on line 1"]),
    "a list of several lines twice": (
        HEAD + GRANT + "projects = [\n'a']\n",
        [f"{X}:8: `projects` is already set on line 6"],
    ),
    "a level twice": (HEAD + GRANT + "access.error = 'full'\n", [f"{X}:8: `access.error` is already set on line 7"]),
    "a table twice": (
        HEAD + GRANT + "[grant.access]\n",
        [f"{X}:8: this is not TOML: Cannot declare ('grant', 'access') twice"],
    ),
    "brackets without end": (HEAD + "x = " + "[" * 20_000, [f"{X}:4: this is nested too deeply for a policy"]),
    "dots without end": (HEAD + ".".join("a" * 40_000) + " = 1\n", [f"{X}:4: this is nested too deeply for a policy"]),
    "too large": (HEAD + "#" * MAX_BYTES, [f"{X}:1: the document is larger than 256 KiB"]),
    "not text": (HEAD + "# \ud800\n", [f"{X}:1: the document is not UTF-8 text"]),
}


@pytest.mark.ablation(
    "a document holds no hidden character", "a document has a largest size", "a document is not nested without end"
)
@pytest.mark.threats(25, 30)
@pytest.mark.parametrize(("text", "expected"), NOT_READABLE.values(), ids=NOT_READABLE)
def test_a_text_that_cannot_be_read_names_file_line_and_fault(text: str, expected: Sequence[str]) -> None:
    assert problems(text) == expected


def test_a_number_too_long_to_read_is_a_problem_and_no_crash() -> None:
    (problem,) = problems(HEAD + "x = " + "9" * 5000)

    assert problem.startswith(f"{X}:1: this is not TOML: ")


def test_all_that_is_hidden_or_twice_is_told_at_once() -> None:
    assert problems("a = 1 # \u200b\nb = 2\nc = '\u2066'\n") == [
        f"{X}:1: the line holds a hidden character, U+200B; take it out",
        f"{X}:3: the line holds a hidden character, U+2066; take it out",
    ]
    assert problems("a = 1\nb = 2\na = 3\nb = 4\n") == [
        f"{X}:3: `a` is already set on line 1",
        f"{X}:4: `b` is already set on line 2",
    ]


def test_a_readable_text_gives_its_values_and_their_lines() -> None:
    data, found = parse('# Grüße\r\n\ta = "x"\r\n', source=X)

    assert (data, found.lines) == ({"a": "x"}, {("a",): 2})


def test_a_character_that_cannot_be_seen_is_named_by_its_code() -> None:
    assert find_hidden_character("plain text, é and 漢") is None
    assert find_hidden_character("a\u202eb") == "U+202E"
    assert find_hidden_character("a\nb") == "U+000A"
    assert find_hidden_character("a\nb\t", lines=True) is None
