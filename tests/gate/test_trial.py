"""Observe mode: would-be refusals are carried out and recorded as such, loudly; never a delete (THREATS row 33)."""

import logging

import pytest

from crashgate.audit.record import Effect
from crashgate.errors import Code
from crashgate.gate.call import Ask
from crashgate.model.access import Access
from crashgate.providers.browserstack.sessions import LIST_SESSIONS
from tests.gate.gate import ACME, AGENT, IOS, PAYMENTS, Gate, open_gate, policy, principal
from tests.tools.played import open_played

GRANTS = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\naccess.error = "read"\naccess.event = "off"\n'


def gate(more: str = "", grants: str = GRANTS) -> Gate:
    return open_gate(policy(f'mode = "observe"\n{grants}{more}'))


def _last(opened: Gate) -> tuple[str, str, bool, str | None]:
    last = [each for each in opened.log.decisions if each.parent is None][-1]
    return last.effect.value, last.reason, last.observed, last.rule


@pytest.mark.ablation("observe mode is recorded")
@pytest.mark.parametrize(
    ("tool", "arguments", "reason", "rule"),
    [
        ("resolve_error", {"project_id": IOS.id, "error_id": IOS.error}, "level_too_low", "error = read"),
        ("get_error", {"project_id": PAYMENTS.id, "error_id": PAYMENTS.error}, "outside_scope", "error = read"),
        ("get_event", {"project_id": IOS.id, "event_id": IOS.event}, "switched_off", "event = off"),
        ("list_releases", {"project_id": IOS.id}, "no_grant", None),
    ],
)
async def test_a_would_be_refusal_is_carried_out_and_recorded_as_what_it_is(
    tool: str, arguments: dict[str, str], reason: str, rule: str | None
) -> None:
    # Guards: _judged in judge, for each reason that observe mode lets through.
    opened = gate()
    answer = await opened.call(tool, arguments)

    assert answer.error is None, answer.text
    written = f"policies/{AGENT}.toml, grant 1, {rule}" if rule else None
    assert _last(opened) == ("allow", reason, True, written)
    assert "LET THROUGH IN OBSERVE MODE" in opened.log.sentences[-1]


async def test_what_the_policy_allows_is_recorded_as_allowed() -> None:
    opened = gate()
    await opened.call("list_errors", {"project_id": IOS.id})

    assert _last(opened)[:3] == ("allow", "granted", False)


@pytest.mark.threats(33)
@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("delete_error", {"project_id": IOS.id, "error_id": IOS.error}),
        ("update_organization", {"organization_id": ACME, "auto_upgrade": True}),
    ],
)
async def test_a_delete_is_never_let_through(tool: str, arguments: dict[str, object]) -> None:
    # Guards: lets_through is asked with the access that the call takes, its parameters counted.
    opened = gate()
    answer = await opened.call(tool, arguments)

    assert (answer.error, opened.upstream.received) == (Code.NOT_AVAILABLE, [])
    (only,) = opened.log.decisions
    assert (only.effect, only.observed, only.access) == (Effect.DENY, False, Access.DELETE)


async def test_what_does_not_exist_is_refused_in_trial_mode_too() -> None:
    opened = gate()
    for project, comment, reason in (
        ("nowhere", IOS.comment, "no_such_project"),
        (IOS.id, PAYMENTS.comment, "no_such_object"),
    ):
        arguments = {"project_id": project, "error_id": IOS.error, "comment_id": comment, "message": "Seen."}
        await opened.call("update_comment", arguments)
        assert _last(opened)[:3] == ("deny", reason, False)
    assert {line.split()[0] for line in opened.upstream.lines} == {"GET"}


@pytest.mark.ablation("rows are let through in observe mode only with their call")
@pytest.mark.threats(20)
async def test_rows_that_the_policy_drops_from_a_call_that_it_allows_stay_dropped() -> None:
    opened = gate('access.project = "read"\n')
    answer = await opened.call("list_projects", {"organization_id": ACME})

    assert [each["slug"] for each in answer.content["projects"]] == ["checkout-ios"]
    assert _last(opened)[:3] == ("allow", "may_depend", False)
    assert opened.log.outcomes[-1].dropped == 2


async def test_a_list_that_is_let_through_shows_its_rows() -> None:
    # Guards: Case.observed in plan.allows_row; an empty list would tell nothing of what the policy costs.
    opened = gate()
    answer = await opened.call("list_projects", {"organization_id": ACME})

    assert len(answer.content["projects"]) == 3
    assert _last(opened)[:3] == ("allow", "no_grant", True)


@pytest.mark.ablation("observe mode is told to the operator")
async def test_trial_mode_is_loud_at_the_first_and_at_every_hundredth(caplog: pytest.LogCaptureFixture) -> None:
    opened = gate()
    with caplog.at_level(logging.WARNING):
        for _ in range(201):
            await opened.call("list_releases", {"project_id": IOS.id})
    told = [each.getMessage() for each in caplog.records if "OBSERVE MODE" in each.getMessage()]

    assert [each.split("(mode = observe). ")[1].split(" let through")[0] for each in told] == [
        "1 call was",
        "100 calls were",
        "200 calls were",
    ]
    assert all(AGENT in each for each in told)


async def test_limits_hold_in_trial_mode() -> None:
    opened = gate("[limits]\ncalls_per_minute = 1\n")
    answers = [await opened.call("list_releases", {"project_id": IOS.id}) for _ in range(2)]

    assert [each.error for each in answers] == [None, Code.RATE_LIMITED]


@pytest.mark.ablation("observe mode asks a person too")
@pytest.mark.threats(22)
async def test_a_person_is_asked_in_trial_mode_too() -> None:
    # Guards: needs_approval in _judged; a refused call that is let through must not go round the approval.
    opened = gate('[approve]\noperations = ["bugsnag.errors.fix"]\n')
    answer = await opened.call("resolve_error", {"project_id": IOS.id, "error_id": IOS.error})

    assert answer.error is Code.APPROVAL_REQUIRED
    assert _last(opened)[:3] == ("deny", "approval_required", False)


async def test_the_same_policy_enforced_refuses_it_all() -> None:
    opened = open_gate(policy(GRANTS))
    answer = await opened.call("list_releases", {"project_id": IOS.id})

    assert (answer.error, opened.upstream.received) == (Code.NOT_AVAILABLE, [])


@pytest.mark.parametrize("names", [("production", "staging"), ("staging", "production")])
async def test_one_environment_of_several_that_is_refused_makes_the_call_a_trial(names: tuple[str, ...]) -> None:
    # Guards: that plan._in_environments keeps the verdict on the one that was let through.
    grant = '[[grant]]\nconnection = "browserstack"\nenvironments = ["staging"]\naccess.session = "read"\n'
    written = policy(f'mode = "observe"\n{grant}', connections=("browserstack",))
    opened = open_played(written, connections=("browserstack",))
    ask = Ask(
        principal=principal(),
        tool="list_sessions",
        operation=LIST_SESSIONS,
        connection="browserstack",
        arguments={"environment": list(names)},
    )
    reply = await opened.gateway.run(ask)

    assert _last(opened)[:3] == ("allow", "outside_scope", True)
    assert {row.environment for row in reply.page.rows} == {"production", "staging"}
