import hashlib
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.errors import PolicyDocumentError, Problem
from crashgate.model.access import Level
from crashgate.model.scope import NOTHING, ORGANIZATION, PROJECT
from crashgate.policy.document import MAX_GRANTS, MAX_PATTERNS, load
from crashgate.policy.grants import BUILT_IN, Grant
from crashgate.policy.policy import Policy, Vocabulary
from crashgate.policy.toml_positions import MAX_BYTES
from tests.catalogue import CATALOGUE
from tests.policy.builders import HEAD, SOURCE, VOCABULARY, loaded

GRANT = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-*"]\naccess.error = "read"\n'
AGENT_RULE = "write 1 to 64 of a-z, 0-9 and hyphens, with no hyphen at either end"
SMALL = '{ connection = "bugsnag", access.status = "read" }'


def found(text: str) -> Sequence[Problem]:
    """What is wrong with a document."""
    try:
        load(text, source=SOURCE, vocabulary=VOCABULARY)
    except PolicyDocumentError as error:
        return error.problems
    return ()


def problems(text: str) -> Sequence[str]:
    """Each problem of a document, as people see it."""
    return [str(problem) for problem in found(text)]


def test_a_document_becomes_values_with_their_lines() -> None:
    text = (
        HEAD
        + """
[[grant]]
connection = "bugsnag"
organizations = ["acme", "*"]
projects = [
    "checkout-*",
]
access.error = "write"
access.organization = "off"

[[grant]]
connection = "bugsnag-eu"
[grant.access]
status = "full"
"""
    )

    assert load(text, source=SOURCE, vocabulary=VOCABULARY) == Policy(
        agent="triage-agent",
        about="Reads crashes.",
        owner="mobile@example.com",
        source=SOURCE,
        hash=hashlib.sha256(text.encode()).hexdigest(),
        grants=(
            BUILT_IN,
            Grant(
                index=1,
                line=5,
                connection="bugsnag",
                places={ORGANIZATION: ("acme", "*"), PROJECT: ("checkout-*",)},
                access={"error": Level.WRITE, "organization": Level.OFF},
                lines={"error": 11, "organization": 12},
            ),
            Grant(
                index=2,
                line=14,
                connection="bugsnag-eu",
                access={"status": Level.FULL},
                lines={"status": 17},
            ),
        ),
    )


def test_every_policy_carries_the_built_in_grant() -> None:
    assert loaded("").grants == (
        Grant(
            index=0,
            line=0,
            connection="crashgate",
            access={"access": Level.READ, "export": Level.READ},
            lines={"access": 0, "export": 0},
        ),
    )


def test_an_agent_may_be_refused_even_what_is_built_in() -> None:
    policy = loaded('[[grant]]\nconnection = "crashgate"\naccess.access = "off"\n')

    assert policy.grants[1].access == {"access": Level.OFF}


def test_the_hash_is_that_of_the_bytes_line_ends_included() -> None:
    text = (HEAD + GRANT).replace("\n", "\r\n")
    policy = load(text, source=SOURCE, vocabulary=VOCABULARY)

    assert policy.hash == hashlib.sha256(text.encode()).hexdigest()
    assert policy.grants == loaded(GRANT).grants


def test_the_vocabulary_always_has_our_own_connection() -> None:
    vocabulary = Vocabulary(catalogue=CATALOGUE, connections={})

    assert vocabulary.connections == {"crashgate": {"access": NOTHING, "export": NOTHING}}


def test_no_holder_of_a_grant_can_widen_it() -> None:
    grant = loaded(GRANT).grants[1]

    with pytest.raises(TypeError):
        grant.access["error"] = Level.FULL  # type: ignore[index]  # the test tries what the types forbid - forbidden on purpose


X = "policies/triage-agent.toml"


WRONG_WORDS: Mapping[str, tuple[str, Sequence[str]]] = {
    "an unknown key": ("limts = 1\n", [f"{X}:4: unknown key `limts`; did you mean `limits`?"]),
    "a misspelt table": ("[[grnat]]\n", [f"{X}:4: unknown key `grnat`; did you mean `grant`?"]),
    "a misspelt key": (
        GRANT.replace("projects", "project"),
        [
            f"{X}:6: unknown key `project`; did you mean `projects`?",
            (
                f"{X}:7: grant 1 gives access.error but names no projects;"
                ' write projects = [...] or projects = ["*"] for all'
            ),
        ],
    ),
    "a misspelt connection": (
        GRANT.replace('"bugsnag"', '"bugsnagg"'),
        [f"{X}:5: unknown connection `bugsnagg`; did you mean `bugsnag`?"],
    ),
    "an unknown connection": (
        GRANT.replace('"bugsnag"', '"devrev"'),
        [f"{X}:5: unknown connection `devrev`; what there is: crashgate, bugsnag, bugsnag-eu"],
    ),
    "a misspelt resource": (
        GRANT.replace("access.error", "access.eror"),
        [f"{X}:7: unknown resource `eror`; did you mean `error`?"],
    ),
    "a misspelt level": (GRANT.replace('"read"', '"raed"'), [f"{X}:7: unknown level `raed`; did you mean `read`?"]),
    "a level in capitals": (GRANT.replace('"read"', '"FULL"'), [f"{X}:7: unknown level `FULL`; did you mean `full`?"]),
    "an unknown level": (
        GRANT.replace('"read"', '"admin"'),
        [f"{X}:7: unknown level `admin`; what there is: off, read, write, full"],
    ),
    "a truth value as level": (
        GRANT.replace('"read"', "false"),
        [f'{X}:7: access.error is true or false; write one of "off", "read", "write", "full"'],
    ),
    "a date as level": (
        GRANT.replace('"read"', "1979-05-27"),
        [f'{X}:7: access.error is a date; write one of "off", "read", "write", "full"'],
    ),
    "text for a list": (
        GRANT.replace('["checkout-*"]', '"checkout-*"'),
        [f'{X}:6: `projects` is text; write a list, such as projects = ["checkout-*"]'],
    ),
    "an empty list": (
        GRANT.replace('["checkout-*"]', "[]"),
        [f'{X}:6: `projects` is empty; write projects = ["*"] for all, or remove the line'],
    ),
    "a number as name": (
        GRANT.replace('["checkout-*"]', '[\n"a",\n7,\n]'),
        [f'{X}:8: a name in `projects` is a number; write text, such as "checkout-*"'],
    ),
    "a capital letter in a name": (
        GRANT.replace('["checkout-*"]', '[\n"Checkout"]'),
        [
            (
                f"{X}:7: `Checkout` in `projects` holds `C`;"
                " write a-z, 0-9, hyphen, underscore, dot, and * for any run of them"
            )
        ],
    ),
    "a hidden character in a name": (
        GRANT.replace('["checkout-*"]', '["a\\u202eb"]'),
        [f"{X}:6: `ab` in `projects` holds U+202E; write a-z, 0-9, hyphen, underscore, dot, and * for any run of them"],
    ),
    "names too short and too long": (
        GRANT.replace('["checkout-*"]', f'["", "{"a" * 101}"]'),
        [
            f"{X}:6: a name in `projects` has 0 characters; write 1 to 100",
            f"{X}:6: a name in `projects` has 101 characters; write 1 to 100",
        ],
    ),
    "no projects for a resource of projects": (
        GRANT.replace('projects = ["checkout-*"]\n', ""),
        [
            (
                f"{X}:6: grant 1 gives access.error but names no projects;"
                ' write projects = [...] or projects = ["*"] for all'
            )
        ],
    ),
    "no organizations for a resource of organizations": (
        GRANT + 'access.organization = "off"\n',
        [
            (
                f"{X}:8: grant 1 gives access.organization but names no organizations;"
                ' write organizations = [...] or organizations = ["*"] for all'
            )
        ],
    ),
    "no connection": (
        GRANT.replace('connection = "bugsnag"\n', ""),
        [f'{X}:4: missing key `connection`; write connection = "bugsnag"'],
    ),
    "a number as connection": (
        GRANT.replace('"bugsnag"', "7"),
        [f'{X}:5: `connection` is a number; write connection = "bugsnag"'],
    ),
    "no access": (
        GRANT.replace('access.error = "read"\n', ""),
        [f'{X}:4: missing key `access`; write access.error = "read"'],
    ),
    "empty access": (
        GRANT.replace('access.error = "read"', "access = {}"),
        [f'{X}:7: `access` is empty; write a level for each resource, such as access.error = "read"'],
    ),
    "one level for all resources": (
        GRANT.replace("access.error", "access"),
        [f'{X}:7: `access` is text; write a level for each resource, such as access.error = "read"'],
    ),
    "one bracket for two": (
        GRANT.replace("[[grant]]", "[grant]"),
        [f"{X}:4: `grant` is a table; write [[grant]] with two brackets for each grant"],
    ),
    "a number as grant": (
        "grant = [1.5]\n",
        [
            f"{X}:4: grant 1 is a number; write [[grant]] and its keys below it",
            f'{X}:4: missing key `access`; write access.error = "read"',
            f'{X}:4: missing key `connection`; write connection = "bugsnag"',
        ],
    ),
    "too many grants": (
        f"grant = [{', '.join([SMALL] * (MAX_GRANTS + 1))}]",
        [f"{X}:4: there are 101 grants; a document may hold {MAX_GRANTS}"],
    ),
    "too many names": (
        GRANT.replace('["checkout-*"]', str([f"p{number}" for number in range(MAX_PATTERNS + 1)])),
        [f"{X}:4: grant 1 names more than 1000 places"],
    ),
}


@pytest.mark.ablation(
    "a document knows no other keys", "a pattern is of plain characters", "a grant names what its resources belong to"
)
@pytest.mark.parametrize(("body", "expected"), WRONG_WORDS.values(), ids=WRONG_WORDS)
def test_a_wrong_document_names_file_line_wrong_word_and_what_is_right(body: str, expected: Sequence[str]) -> None:
    assert problems(HEAD + body) == expected


WRONG_HEAD: Mapping[str, tuple[str, Sequence[str]]] = {
    "no agent": (
        HEAD.replace('agent = "triage-agent"\n', ""),
        [
            (
                f'{X}:1: missing key `agent`; write agent = "triage-agent",'
                " the name that the launch configuration or the token gives"
            )
        ],
    ),
    "no about": (
        HEAD.replace('about = "Reads crashes."\n', ""),
        [f'{X}:1: missing key `about`; write about = "...", one line for people'],
    ),
    "a misspelt owner": (
        HEAD.replace("owner", "ownr"),
        [
            f'{X}:1: missing key `owner`; write owner = "team@example.com", who answers for this policy',
            f"{X}:3: unknown key `ownr`; did you mean `owner`?",
        ],
    ),
    "a blank owner": (
        HEAD.replace('"mobile@example.com"', '" "'),
        [f'{X}:3: `owner` is empty; write owner = "team@example.com", who answers for this policy'],
    ),
    "a truth value as owner": (
        HEAD.replace('"mobile@example.com"', "true"),
        [f'{X}:3: `owner` is true or false; write owner = "team@example.com", who answers for this policy'],
    ),
    "a long owner": (HEAD.replace("mobile@", "m" * 90), [f"{X}:3: `owner` has 101 characters; write at most 100"]),
    "a long about": (
        HEAD.replace("Reads crashes.", "m" * 201),
        [f"{X}:2: `about` has 201 characters; write at most 200"],
    ),
    "a hyphen at the end of the agent": (
        HEAD.replace("triage-agent", "triage-"),
        [f"{X}:1: bad agent name `triage-`; {AGENT_RULE}"],
    ),
    "capitals and a space in the agent": (
        HEAD.replace("triage-agent", "Triage Agent"),
        [f"{X}:1: bad agent name `Triage Agent` holds `T`; {AGENT_RULE}"],
    ),
    "a look-alike letter in the agent": (
        HEAD.replace("triage-agent", "tri\\u0430ge-agent"),
        [
            (
                f"{X}:1: bad agent name `triаge-agent` holds U+0430;"  # noqa: RUF001 - the look-alike letter is the case
                f" {AGENT_RULE}"
            )
        ],
    ),
    "a line end in the agent": (
        HEAD.replace("triage-agent", "triage-agent\\n"),
        [f"{X}:1: bad agent name `triage-agent ` holds U+000A; {AGENT_RULE}"],
    ),
    "another agent's file": (
        HEAD.replace("triage", "other"),
        [f"{X}:1: agent `other-agent` belongs in a file called other-agent.toml"],
    ),
    "a bidirectional control in about": (
        HEAD.replace("Reads crashes.", "Reads\\u202ecrashes."),
        [f"{X}:2: `about` holds a hidden character, U+202E; write one line of plain text"],
    ),
    "a line end in owner": (
        HEAD.replace("mobile@", "a\\nb"),
        [f"{X}:3: `owner` holds a hidden character, U+000A; write one line of plain text"],
    ),
}


@pytest.mark.ablation("a document bears the name of its agent")
@pytest.mark.parametrize(("text", "expected"), WRONG_HEAD.values(), ids=WRONG_HEAD)
@pytest.mark.threats(25)
def test_a_wrong_head_names_file_line_and_what_is_right(text: str, expected: Sequence[str]) -> None:
    assert problems(text) == expected


def test_a_document_may_be_as_large_as_the_limits_say() -> None:
    names = [f"p{number}" for number in range(MAX_PATTERNS - 1)] + ["p" * 100]
    text = HEAD.replace("mobile@", "m" * 89).replace("Reads crashes.", "m" * 200)
    text += f"grant = [{', '.join([SMALL] * (MAX_GRANTS - 1))}, {SMALL[:-1]}, projects = {names} }}]\n"
    text += "#" * (MAX_BYTES - len(text))

    policy = load(text, source=SOURCE, vocabulary=VOCABULARY)

    assert (len(policy.grants), len(policy.owner), len(policy.about)) == (MAX_GRANTS + 1, 100, 200)
    assert policy.grants[-1].places == {PROJECT: tuple(names)}


def test_all_problems_of_a_document_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = HEAD.replace("owner", "ownr") + GRANT.replace("error", "eror") + 'access.event = "raed"\n'

    with pytest.raises(PolicyDocumentError) as caught:
        load(text, source=SOURCE, vocabulary=VOCABULARY)

    first, second, third, fourth = caught.value.problems
    assert first == Problem(
        source=SOURCE,
        line=1,
        text='missing key `owner`; write owner = "team@example.com", who answers for this policy',
    )
    assert str(second) == f"{X}:3: unknown key `ownr`; did you mean `owner`?"
    assert str(third) == f"{X}:7: unknown resource `eror`; did you mean `error`?"
    assert str(fourth) == f"{X}:8: unknown level `raed`; did you mean `read`?"
    assert caught.value.what == str(first)
    assert caught.value.why == f"Also: {second}; {third}; {fourth}."
    assert caught.value.remedy == "Nothing of this is in use. Correct it and try again."


@given(st.text(max_size=60) | st.text("agentowrbuc[]{}=.,'\"#\n *", max_size=60))
def test_any_text_gives_a_policy_or_problems_and_never_another_exception(text: str) -> None:
    lines = (HEAD + text).count("\n") + 1

    assert all(1 <= problem.line <= lines for problem in found(HEAD + text))
