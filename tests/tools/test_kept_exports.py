"""Exports after their policy changed: an agent has of a file what the policy in force gives, and no more (row 31)."""

from pathlib import Path

import pytest

from crashgate.audit.record import Effect
from crashgate.errors import Code, NotAvailableError
from crashgate.model.message import Request, Response
from crashgate.policy.policy import Policy, PolicySet
from tests.gate.gate import Gate, failing, ok, policy, principal
from tests.tools.played import files_in, open_played

PULSE, STACK = "bugspulse", "browserstack"
SESSIONS = '[[grant]]\nconnection = "bugspulse"\naccess.session = "read"\n'
OFF = SESSIONS.replace("read", "off")
SWITCHED_OFF = f'{SESSIONS}[off]\noperations = ["bugspulse.sessions.export"]\n'
REDACTED = f'{SESSIONS}[redact]\nfields = ["user_id"]\n'
WIDER = f'{SESSIONS}[redact]\nsets = ["people"]\nfields = ["app_version"]\n'
OBSERVED = f'mode = "observe"\n{OFF}'
NOT_AVAILABLE = "crashgate://exports/" + "0" * 24


def _environments(names: str) -> str:
    return f'[[grant]]\nconnection = "browserstack"\nenvironments = [{names}]\naccess.session = "read"\n'


def _policy(grants: str, connection: str) -> Policy:
    return policy(grants, connections=(connection,))


def _opened(grants: str, folder: Path, *, connection: str = PULSE) -> Gate:
    """A gate with three pages of one session each at BugsPulse."""
    gate = open_played(_policy(grants, connection), connections=(connection,), folder=folder)
    gate.upstream.answers["/export/sessions"] = _page
    return gate


def _page(request: Request) -> Response:
    number = int(request.url.partition("page=")[2].partition("&")[0] or 1)
    row = {"id": f"sess_{number}", "userId": f"user{number}@example.com"}
    return ok({"data": [row], "total": 3, "page": number, "limit": 1, "pages": 3})


def _in_force(gate: Gate, grants: str, *, connection: str = PULSE) -> None:
    gate.policies.policies = PolicySet([_policy(grants, connection)])


async def _exported(gate: Gate, **arguments: object) -> str:
    """The address of a new export's file."""
    answer = await gate.call("export_sessions", arguments)
    assert answer.error is None, answer.text
    address: str = answer.content["export"]["uri"]
    return address


async def _interrupted(gate: Gate) -> str:
    """An export with one page in it; gives its id."""

    def broken(request: Request) -> Response:
        return failing(400)(request) if "page=2" in request.url else _page(request)

    gate.upstream.answers["/export/sessions"] = broken
    answer = await gate.call("export_sessions")
    assert answer.error is Code.UPSTREAM_REJECTED
    gate.upstream.answers["/export/sessions"] = _page
    (listed,) = (await gate.call("list_exports")).content["exports"]
    found: str = listed["id"]
    return found


async def _read(gate: Gate, address: str) -> bytes:
    return (await files_in(gate.toolbox).read(principal(), address))[1]


@pytest.mark.ablation(
    "a file that holds what is redacted now is not read", "a list of exports leaves out what the policy does not give"
)
@pytest.mark.threats(21, 31)
@pytest.mark.parametrize("now", [OFF, SWITCHED_OFF, REDACTED, WIDER], ids=["off", "by name", "redacted", "wider"])
async def test_a_file_that_the_policy_would_not_give_now_is_as_if_it_were_missing(tmp_path: Path, now: str) -> None:
    gate = _opened(SESSIONS, tmp_path)
    address = await _exported(gate)
    assert b"user1@example.com" in await _read(gate, address)
    _in_force(gate, now)
    told: list[str] = []
    for each in (address, f"{address}/0", NOT_AVAILABLE):
        with pytest.raises(NotAvailableError) as refused:
            await _read(gate, each)
        told.append(type(refused.value).__name__)
    read = [each for each in gate.log.decisions if each.operation == "crashgate.exports.read"]
    listed, files = await gate.call("list_exports"), await files_in(gate.toolbox).listed(principal())

    assert told == ["NotAvailableError"] * 3
    assert [(each.effect, each.reason) for each in read] == [
        (Effect.ALLOW, "granted"),
        (Effect.DENY, "policy_changed"),
        (Effect.DENY, "policy_changed"),
        (Effect.ALLOW, "granted"),
    ]
    # Who may export nothing has no such tool at all.
    assert listed.content.get("exports", []) == []
    assert files == ((), None)


@pytest.mark.threats(31)
@pytest.mark.parametrize("made_under", [SESSIONS, REDACTED, WIDER], ids=["nothing", "redacted", "wider"])
async def test_a_file_stays_while_the_policy_gives_what_is_in_it(tmp_path: Path, made_under: str) -> None:
    gate = _opened(made_under, tmp_path)
    address = await _exported(gate)
    data = await _read(gate, address)
    for now in (made_under, f"{made_under}\n[limits]\ncalls_per_day = 100\n", SESSIONS):
        _in_force(gate, now)
        assert await _read(gate, address) == data
        assert [each["uri"] for each in (await gate.call("list_exports")).content["exports"]] == [address]


@pytest.mark.threats(31)
async def test_a_file_names_what_is_redacted_also_where_no_row_had_it(tmp_path: Path) -> None:
    # Else the same policy would take its own file for one that holds too much.
    gate = _opened(REDACTED, tmp_path)
    gate.upstream.answers["/export/sessions"] = lambda _: ok({"data": [], "total": 0, "page": 1, "limit": 1})
    answer = await gate.call("export_sessions")

    assert answer.content["export"]["redacted"] == ["user_id"]
    assert await _read(gate, answer.content["export"]["uri"]) == b""


@pytest.mark.threats(31)
@pytest.mark.parametrize(
    ("made_under", "now", "because"),
    [
        (SESSIONS, REDACTED, "the policy redacts user_id, which the file holds"),
        (REDACTED, SESSIONS, "the policy no longer redacts user_id, and the file does not contain it"),
    ],
    ids=["more", "less"],
)
async def test_an_export_does_not_go_on_under_another_redaction(
    tmp_path: Path, made_under: str, now: str, because: str
) -> None:
    gate = _opened(made_under, tmp_path)
    export_id = await _interrupted(gate)
    sent = len(gate.upstream.received)
    _in_force(gate, now)
    answer = await gate.call("export_sessions", {"resume": export_id})
    last = gate.log.decisions[-1]

    assert (answer.error, len(gate.upstream.received)) == (Code.POLICY_CHANGED, sent)
    assert answer.text == (
        "The export cannot continue under the policy now in force."
        f" {because.replace('the', 'The', 1)}. Start a new export, without resume. Nothing was sent."
        " Your policy belongs to owner@example.com."
    )
    assert (last.effect, last.reason) == (Effect.DENY, "policy_changed")
    assert because in gate.log.sentences[-1]
    _in_force(gate, made_under)
    assert (await gate.call("export_sessions", {"resume": export_id})).error is None


@pytest.mark.threats(31)
@pytest.mark.parametrize(("first", "then"), [(SESSIONS, REDACTED), (REDACTED, SESSIONS)], ids=["more", "less"])
async def test_an_export_whose_redaction_changes_meanwhile_stops(tmp_path: Path, first: str, then: str) -> None:
    gate = _opened(first, tmp_path)

    def page(request: Request) -> Response:
        _in_force(gate, then)
        return _page(request)

    gate.upstream.answers["/export/sessions"] = page
    answer = await gate.call("export_sessions")

    assert (answer.error, len(gate.upstream.received)) == (Code.POLICY_CHANGED, 1)
    assert gate.log.outcomes[-1].error is Code.POLICY_CHANGED


@pytest.mark.ablation(
    "rows that another policy picked are not read", "rows of an environment that is switched off now are not read"
)
@pytest.mark.threats(14, 31)
@pytest.mark.parametrize("both", ['"production", "staging"', '"prod*", "stag*"'], ids=["names", "patterns"])
async def test_a_file_has_rows_of_environments_that_are_open_now(tmp_path: Path, both: str) -> None:
    one = both.partition(",")[0]
    gate = _opened(_environments(both), tmp_path, connection=STACK)
    picked = await _exported(gate)
    named = {name: await _exported(gate, environment=[name]) for name in ("production", "staging")}
    assert b"chat-staging" in await _read(gate, picked)
    _in_force(gate, _environments(one), connection=STACK)
    for address in (picked, named["staging"]):
        with pytest.raises(NotAvailableError):
            await _read(gate, address)
    assert b"chat-production" in await _read(gate, named["production"])
    everywhere = _environments('"*"')
    _in_force(gate, everywhere, connection=STACK)
    assert b"chat-staging" in await _read(gate, picked)
    _in_force(gate, everywhere + _environments('"staging"').replace("read", "off"), connection=STACK)
    with pytest.raises(NotAvailableError):
        await _read(gate, picked)


@pytest.mark.threats(31)
async def test_in_trial_mode_a_file_is_read_and_the_log_says_that_the_policy_refuses_it(tmp_path: Path) -> None:
    gate = _opened(SESSIONS, tmp_path)
    address = await _exported(gate)
    _in_force(gate, OBSERVED)

    assert b"user1@example.com" in await _read(gate, address)
    assert (gate.log.decisions[-1].observed, gate.log.decisions[-1].operation) == (True, "crashgate.exports.read")


async def test_a_file_is_read_without_the_approval_that_making_it_took(tmp_path: Path) -> None:
    gate = _opened(SESSIONS, tmp_path)
    address = await _exported(gate)
    _in_force(gate, f'{SESSIONS}[approve]\noperations = ["bugspulse.sessions.export"]\n')
    asked = await gate.call("export_sessions")

    assert b"user1@example.com" in await _read(gate, address)
    # What was never begun cannot be gone on with; the request for approval is told as for every other call.
    assert (asked.error, "resume" in asked.text) == (Code.APPROVAL_REQUIRED, False)
    assert asked.content["error"]["approval"]


@pytest.mark.threats(28)
async def test_the_list_of_files_is_decided_and_recorded_like_that_of_exports(tmp_path: Path) -> None:
    gate = _opened(SESSIONS, tmp_path)
    address = await _exported(gate)
    before = len(gate.log.decisions)
    shown, more = await files_in(gate.toolbox).listed(principal())
    _in_force(gate, f'{SESSIONS}[off]\noperations = ["crashgate.exports.list"]\n')
    with pytest.raises(NotAvailableError):
        await files_in(gate.toolbox).listed(principal())
    decisions = gate.log.decisions[before:]

    assert ([link.uri for link in shown], more) == ([address], None)
    assert [(each.operation, each.effect) for each in decisions] == [
        ("crashgate.exports.list", Effect.ALLOW),
        ("crashgate.exports.list", Effect.DENY),
    ]
