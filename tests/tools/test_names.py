"""What people call a person or a release, in place of an id: looked up through the gateway, if the policy lets it."""

from typing import Any

import pytest

from crashgate.errors import Code
from crashgate.identity import Principal, Via
from tests.gate.gate import IOS, Gate, ok, open_gate, policy

ANN, BEN, OTHER = (f"5f{number:020x}80" for number in (1, 12, 13))
PEOPLE = [
    {"id": ANN, "name": "Ann Lee", "email": "ann@example.com"},
    {"id": BEN, "name": "Ben Lee", "email": "ben@example.com"},
]
NEWER, OLDER = f"5f{21:020x}40", f"5f{22:020x}40"
RELEASES = [
    {"id": NEWER, "project_id": IOS.id, "app_version": "4.18.0", "release_stage": {"name": "production"}},
    {"id": OLDER, "project_id": IOS.id, "app_version": "4.17.2", "release_stage": {"name": "production"}},
]
WRITES = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\naccess.error = "write"\n'
LOOKS_UP = f'{WRITES}access.collaborator = "read"\n'
READS_RELEASES = WRITES.replace('error = "write"', 'release = "read"')
LISTED = f"GET /projects/{IOS.id}/collaborators?per_page=100"


def opened(grants: str, releases: list[dict[str, Any]] | None = None) -> Gate:
    gate = open_gate(policy(grants))
    gate.upstream.answers[f"/projects/{IOS.id}/collaborators"] = lambda _: ok(PEOPLE)
    gate.upstream.answers[f"/projects/{IOS.id}/releases"] = lambda _: ok(RELEASES if releases is None else releases)
    gate.upstream.answers[f"/projects/{IOS.id}/releases/{NEWER}"] = lambda _: ok(RELEASES[0])
    return gate


def assign(who: object) -> dict[str, Any]:
    return {"error_ids": [IOS.error], "operation": "assign", "assigned_collaborator_id": who}


def bodies(gate: Gate) -> list[bytes | None]:
    return [each.body for each in gate.upstream.received if each.method == "PATCH"]


@pytest.mark.parametrize("who", ["ann@example.com", "Ann Lee", "ANN", ANN])
async def test_a_person_is_called_by_address_name_or_id(who: str) -> None:
    gate = opened(LOOKS_UP)

    answer = await gate.call("update_error", assign(who))

    assert answer.error is None, answer.text
    assert bodies(gate) == [f'{{"operation":"assign","assigned_collaborator_id":"{ANN}"}}'.encode()]
    if who != ANN:
        assert answer.content["read_as"] == {"assigned_collaborator_id": ANN}
        assert answer.content["untrusted"]["read_as"] == {
            "assigned_collaborator_id": {"email": "ann@example.com", "name": "Ann Lee"}
        }
        assert [each.operation for each in gate.log.decisions if each.parent][
            -1
        ] == "bugsnag.collaborators.list_on_project"
    assert "example.com" not in str([each.arguments for each in gate.log.decisions])


async def test_where_two_fit_both_are_listed_and_nothing_is_sent() -> None:
    gate = opened(LOOKS_UP)

    answer = await gate.call("update_error", assign("lee"))

    assert answer.error is Code.INVALID_ARGUMENTS
    assert f"several may be meant: {ANN}, {BEN}. Ask which" in answer.text
    assert answer.content["error"]["untrusted"]["choices"] == [
        {"id": ANN, "email": "ann@example.com", "name": "Ann Lee"},
        {"id": BEN, "email": "ben@example.com", "name": "Ben Lee"},
    ]
    assert bodies(gate) == []


@pytest.mark.ablation("a name is looked up only for who may list what has it")
async def test_a_name_is_not_looked_up_for_who_may_not_list_people() -> None:
    gate = opened(WRITES)

    answer = await gate.call("update_error", assign("ann@example.com"))

    assert answer.error is Code.INVALID_ARGUMENTS
    assert 'your policy must give collaborator = "read"' in answer.text
    assert LISTED not in gate.upstream.lines
    assert bodies(gate) == []


@pytest.mark.ablation("a redacted field is not compared with a name")
async def test_what_the_policy_hides_of_people_finds_nobody_and_is_not_told() -> None:
    hidden = opened(f'{LOOKS_UP}[redact]\nfields = ["email"]\n')
    everything = opened(f'{LOOKS_UP}[redact]\nsets = ["people"]\n')

    by_address = await hidden.call("update_error", assign("ann@example.com"))
    two = await hidden.call("update_error", assign("lee"))
    by_name = await everything.call("update_error", assign("Ann Lee"))

    assert "no collaborator of the project is called that" in by_address.text
    assert two.content["error"]["untrusted"]["choices"] == [
        {"id": ANN, "name": "Ann Lee"},
        {"id": BEN, "name": "Ben Lee"},
    ]
    assert "and show the names" in by_name.text
    assert (bodies(hidden), bodies(everything)) == ([], [])


async def test_me_is_the_verified_person_and_nobody_where_none_is_known() -> None:
    gate = opened(LOOKS_UP)
    ben = Principal(agent="triage-agent", via=Via.MEMORY, email="ben@example.com")

    known = await gate.toolbox.call(ben, "update_error", assign("me"))
    unknown = await gate.call("update_error", assign("me"))

    assert known.content["read_as"] == {"assigned_collaborator_id": BEN}
    assert known.content["untrusted"]["read_as"]["assigned_collaborator_id"]["email"] == "ben@example.com"
    assert unknown.error is Code.INVALID_ARGUMENTS
    assert "it is not known who you are here" in unknown.text


async def test_a_release_is_called_by_its_version() -> None:
    gate = opened(READS_RELEASES)

    answer = await gate.call("get_release", {"release_id": "4.18.0"})
    older = await gate.call("get_release", {"release_id": "4.1"})

    assert answer.error is None, answer.text
    assert answer.content["release"]["id"] == NEWER
    assert gate.upstream.lines[-1] == f"GET /projects/{IOS.id}/releases/{NEWER}"
    assert "no release of the project is called that" in older.text


async def test_a_version_of_two_releases_asks_which() -> None:
    beta = {**RELEASES[0], "id": OTHER, "release_stage": {"name": "beta"}}
    gate = opened(READS_RELEASES, [RELEASES[0], beta])

    answer = await gate.call("get_release", {"release_id": "4.18.0"})

    assert answer.content["error"]["untrusted"]["choices"] == [
        {"id": NEWER, "app_version": "4.18.0", "release_stage.name": "production"},
        {"id": OTHER, "app_version": "4.18.0", "release_stage.name": "beta"},
    ]


@pytest.mark.threats(16)
@pytest.mark.parametrize("name", ["../x", "a/b", "..", "%2e%2e", "A" * 24, "x" * 500, "a\nb"])
async def test_a_name_never_becomes_a_part_of_an_address_and_is_never_repeated(name: str) -> None:
    gate = opened(f'{LOOKS_UP}access.release = "read"\n')

    release = await gate.call("get_release", {"release_id": name})
    person = await gate.call("update_error", assign(name))

    assert (release.error, person.error) == (Code.INVALID_ARGUMENTS, Code.INVALID_ARGUMENTS)
    assert [line for line in gate.upstream.lines if name in line] == []
    assert len(name) < 3 or name not in release.text + person.text
