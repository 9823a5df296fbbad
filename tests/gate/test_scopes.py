"""How the gate learns where a call belongs when its path does not say (THREATS rows 14 and 20)."""

import json
from contextlib import nullcontext
from typing import Any

import pytest

from crashgate.errors import NotAvailableError
from crashgate.gate.call import Ask
from crashgate.model.access import Access
from crashgate.model.operation import AnyOperation
from crashgate.model.scope import ProjectOfObject
from crashgate.model.tool import Reply
from crashgate.providers.browserstack.sessions import LIST_SESSIONS as LIST_CHATS
from crashgate.providers.bugsnag.comments import DELETE_COMMENT, UPDATE_COMMENT
from crashgate.providers.bugsnag.events import GET_LATEST_EVENT
from crashgate.providers.bugsnag.organizations import CREATE_ORGANIZATION, UPDATE_ORGANIZATION
from crashgate.providers.bugsnag.projects import CREATE_PROJECT, UPDATE_PROJECT
from crashgate.providers.bugsnag.releases import GET_RELEASE_GROUP, UPDATE_RELEASE_GROUP
from crashgate.providers.bugsnag.saved_searches import CREATE_SAVED_SEARCH, GET_SAVED_SEARCH
from crashgate.providers.bugspulse.sessions import LIST_SESSIONS as LIST_VISITS
from crashgate.providers.devrev.session_data import GET_SESSION_DATA
from crashgate.providers.devrev.sessions import GET_SESSION
from tests.catalogue import OPERATIONS
from tests.gate.gate import ACME, IOS, PAYMENTS, Gate, Site, ok, open_gate, policy, principal

NAMES = ("project", "error", "event", "comment", "release_group", "saved_search")
ONE_PROJECT = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\n' + "".join(
    f'access.{name} = "full"\n' for name in NAMES
)


def gate(grants: str = ONE_PROJECT) -> Gate:
    return open_gate(policy(grants))


def on_organization(level: str, *, places: str = '"acme"') -> str:
    return f'[[grant]]\nconnection = "bugsnag"\norganizations = [{places}]\naccess.organization = "{level}"\n'


def on_project(level: str, *, projects: str, organizations: str | None = None) -> str:
    within = "" if organizations is None else f"organizations = [{organizations}]\n"
    return f'[[grant]]\nconnection = "bugsnag"\n{within}projects = [{projects}]\naccess.project = "{level}"\n'


async def run(opened: Gate, operation: AnyOperation, **arguments: object) -> Reply:
    return await run_on(opened, "bugsnag", operation, **arguments)


async def run_on(opened: Gate, connection: str, operation: AnyOperation, **arguments: object) -> Reply:
    return await opened.gateway.run(
        Ask(principal=principal(), tool="a_tool", operation=operation, connection=connection, arguments=arguments)
    )


def of(site: Site, operation: AnyOperation) -> dict[str, Any]:
    """The object of the operation as it is in that project."""
    every: dict[str, Any] = {
        "error_id": site.error,
        "comment_id": site.comment,
        "release_group_id": site.release_group,
        "saved_search_id": site.saved_search,
    }
    more: dict[str, Any] = {"visible": True, "message": "Seen."}
    return {name: value for name, value in {**every, **more}.items() if name in operation.params.model_fields}


ERROR = f"GET /projects/{IOS.id}/errors/{IOS.error}"
OBJECTS: list[tuple[AnyOperation, str]] = [
    (GET_LATEST_EVENT, ERROR),
    (UPDATE_COMMENT, f"{ERROR}/comments?per_page=100"),
    (DELETE_COMMENT, f"{ERROR}/comments?per_page=100"),
    (GET_RELEASE_GROUP, f"GET /release_groups/{IOS.release_group}"),
    (UPDATE_RELEASE_GROUP, f"GET /release_groups/{IOS.release_group}"),
    (GET_SAVED_SEARCH, f"GET /saved_searches/{IOS.saved_search}"),
]
"""The operations whose path names an object alone, with the look-up that decides."""


def test_these_are_all_operations_whose_object_is_looked_for() -> None:
    found = {operation.id for operation in OPERATIONS if isinstance(operation.scope, ProjectOfObject)}

    assert {operation.id for operation, _ in OBJECTS} == found


@pytest.mark.parametrize(("operation", "look_up"), OBJECTS, ids=[each.id for each, _ in OBJECTS])
async def test_an_object_of_the_project_is_looked_for_and_then_asked(operation: AnyOperation, look_up: str) -> None:
    opened = gate()
    await run(opened, operation, project_id=IOS.id, **of(IOS, operation))

    path = str(operation.path).format(**of(IOS, operation))
    assert opened.upstream.lines == [f"GET /projects/{IOS.id}", look_up, f"{operation.method} {path}"]


@pytest.mark.ablation("an object is found in the project that it says it is in")
@pytest.mark.threats(14)
@pytest.mark.parametrize("operation", [each for each, _ in OBJECTS], ids=lambda each: each.id)
async def test_an_object_of_another_project_is_refused_and_only_looked_for(operation: AnyOperation) -> None:
    # Guards: plan._find_object; the caller claims a project that it may use, with an id of another one.
    opened = gate()
    with pytest.raises(NotAvailableError):
        await run(opened, operation, project_id="checkout-ios", **of(PAYMENTS, operation))

    last = opened.log.decisions[-1]
    assert (last.effect.value, last.reason, last.operation) == ("deny", "no_such_object", operation.id)
    assert [line for line in opened.upstream.lines if not line.startswith("GET ")] == []
    assert len(opened.upstream.lines) == 2


@pytest.mark.threats(14)
async def test_a_comment_of_another_error_is_refused() -> None:
    # Guards: the comparison of ids in Places.has_object; the error is right and the comment is not on it.
    for operation in (UPDATE_COMMENT, DELETE_COMMENT):
        opened = gate()
        arguments = {**of(IOS, operation), "comment_id": PAYMENTS.comment}
        with pytest.raises(NotAvailableError):
            await run(opened, operation, project_id=IOS.id, **arguments)

        assert opened.log.decisions[-1].reason == "no_such_object"
        assert {line.split(" ")[0] for line in opened.upstream.lines} == {"GET"}


@pytest.mark.ablation("an object is looked for only where a grant is")
@pytest.mark.threats(14)
async def test_the_right_project_with_no_grant_is_refused_before_the_object_is_looked_for() -> None:
    opened = gate()
    with pytest.raises(NotAvailableError):
        await run(opened, UPDATE_RELEASE_GROUP, project_id=PAYMENTS.id, **of(PAYMENTS, UPDATE_RELEASE_GROUP))

    assert opened.upstream.lines == [f"GET /projects/{PAYMENTS.id}"]
    assert opened.log.decisions[-1].reason == "outside_scope"


@pytest.mark.threats(14)
async def test_an_object_that_moved_after_it_was_looked_for_is_withheld() -> None:
    # Guards: narrow; a group is kept for five minutes, and the answer itself says where it is.
    opened = gate()
    await run(opened, GET_RELEASE_GROUP, project_id=IOS.id, release_group_id=IOS.release_group)
    body = ok({"id": IOS.release_group, "project_id": PAYMENTS.id})
    opened.upstream.answers[f"/release_groups/{IOS.release_group}"] = lambda _: body
    with pytest.raises(NotAvailableError):
        await run(opened, GET_RELEASE_GROUP, project_id=IOS.id, release_group_id=IOS.release_group)

    assert opened.log.outcomes[-1].result.value == "withheld"


@pytest.mark.threats(14)
async def test_a_saved_search_is_created_in_the_project_that_was_decided() -> None:
    # Guards: that the body gets the id which the policy was asked about, also where the caller gave the slug.
    opened = gate()
    arguments = {"name": "Open", "filters": {"error.status": "open"}, "project_default": False}
    await run(opened, CREATE_SAVED_SEARCH, project_id="checkout-ios", **arguments)
    with pytest.raises(NotAvailableError):
        await run(opened, CREATE_SAVED_SEARCH, project_id="payments-api", **arguments)

    sent = [json.loads(each.body or b"") for each in opened.upstream.received if each.method == "POST"]
    assert [each["project_id"] for each in sent] == [IOS.id]


TO_COME = {"organization_id": "acme", "name": "Checkout TV", "type": "tvos"}


@pytest.mark.parametrize(
    ("projects", "organizations", "allowed"),
    [
        ('"*"', None, True),
        ('"*"', '"acme"', True),
        ('"*"', '"globex"', False),
        ('"checkout-ios"', None, False),
        ('"checkout-*"', None, False),
        ('"checkout-*"', '"acme"', False),
        ('"*s"', None, False),
    ],
)
async def test_a_project_to_come_needs_a_grant_on_all_projects(
    projects: str, organizations: str | None, *, allowed: bool
) -> None:
    # Guards: TO_COME in judge; no pattern for names may match a project that has none yet.
    opened = gate(on_project("write", projects=projects, organizations=organizations))
    with nullcontext() if allowed else pytest.raises(NotAvailableError):
        await run(opened, CREATE_PROJECT, **TO_COME)

    sent = [line for line in opened.upstream.lines if line.startswith("POST")]
    assert sent == ([f"POST /organizations/{ACME}/projects"] if allowed else [])
    assert opened.log.decisions[-1].effect.value == ("allow" if allowed else "deny")


@pytest.mark.ablation("an organization that is not there is refused")
async def test_a_project_to_come_in_an_organization_that_is_not_there_is_refused() -> None:
    opened = gate(on_project("write", projects='"*"'))
    with pytest.raises(NotAvailableError):
        await run(opened, CREATE_PROJECT, **{**TO_COME, "organization_id": "nowhere"})

    assert opened.log.decisions[-1].reason == "no_such_organization"
    assert opened.upstream.lines == ["GET /organizations/nowhere"]


@pytest.mark.parametrize(("places", "allowed"), [('"*"', True), ('"acme"', False), ('"a*"', False), ('"*e"', False)])
async def test_an_organization_to_come_needs_a_grant_on_all_organizations(places: str, *, allowed: bool) -> None:
    opened = gate(on_organization("write", places=places))
    with nullcontext() if allowed else pytest.raises(NotAvailableError):
        await run(opened, CREATE_ORGANIZATION, name="Initech")

    assert opened.upstream.lines == (["POST /organizations"] if allowed else [])
    assert opened.log.decisions[-1].effect.value == ("allow" if allowed else "deny")


async def _changed(present: dict[str, Any], **given: object) -> tuple[dict[str, Any], Gate]:
    """The body that is sent to change an organization whose settings are these."""
    opened = gate(on_organization("full"))
    sent: list[dict[str, Any]] = []

    def answer(request: Any) -> Any:  # noqa: ANN401 - as the upstream has it
        if request.method == "PATCH":
            sent.append(json.loads(request.body))
        return ok({"id": ACME, "slug": "acme", **present})

    opened.upstream.answers[f"/organizations/{ACME}"] = answer
    await run(opened, UPDATE_ORGANIZATION, organization_id="acme", **given)
    return sent[0], opened


@pytest.mark.parametrize(
    ("present", "given", "sent"),
    [
        ({"name": "Acme", "auto_upgrade": True}, {"name": "New"}, {"name": "New", "auto_upgrade": True}),
        ({"name": "Acme", "auto_upgrade": False}, {"name": "New"}, {"name": "New", "auto_upgrade": False}),
        ({"name": "Acme", "auto_upgrade": False}, {"auto_upgrade": True}, {"name": "Acme", "auto_upgrade": True}),
        (
            {"name": "Acme", "auto_upgrade": True},
            {"billing_emails": ["a@example.com"]},
            {"name": "Acme", "auto_upgrade": True, "billing_emails": ["a@example.com"]},
        ),
        (
            {"name": "Acme", "auto_upgrade": True},
            {"name": "New", "auto_upgrade": False},
            {"name": "New", "auto_upgrade": False},
        ),
    ],
)
async def test_what_upstream_demands_and_nobody_gave_is_sent_as_it_is(
    present: dict[str, Any], given: dict[str, Any], sent: dict[str, Any]
) -> None:
    # Guards: plan._repeat_settings; upstream takes name and auto_upgrade only together.
    assert (await _changed(present, **given))[0] == sent


async def test_what_is_kept_is_read_anew_for_each_change() -> None:
    # Guards: Places.values; an organization's look-up is kept for five minutes, its settings must not be.
    opened = gate(on_organization("full"))
    names = iter(["One", "One", "Two"])
    bodies: list[dict[str, Any]] = []

    def answer(request: Any) -> Any:  # noqa: ANN401 - as the upstream has it
        if request.method == "PATCH":
            bodies.append(json.loads(request.body))
            return ok({"id": ACME})
        return ok({"id": ACME, "slug": "acme", "name": next(names), "auto_upgrade": False})

    opened.upstream.answers[f"/organizations/{ACME}"] = answer
    for _ in range(2):
        await run(opened, UPDATE_ORGANIZATION, organization_id=ACME, billing_emails=[])

    assert [body["name"] for body in bodies] == ["One", "Two"]


@pytest.mark.parametrize("present", [{}, {"name": "Acme"}, {"name": "Acme", "auto_upgrade": None}])
async def test_a_change_whose_present_settings_cannot_be_read_is_refused(present: dict[str, Any]) -> None:
    opened = gate(on_organization("full"))
    opened.upstream.answers[f"/organizations/{ACME}"] = lambda _: ok({"id": ACME, "slug": "acme", **present})
    with pytest.raises(NotAvailableError):
        await run(opened, UPDATE_ORGANIZATION, organization_id=ACME, billing_emails=[])

    assert {line.split(" ")[0] for line in opened.upstream.lines} == {"GET"}
    assert opened.log.decisions[-1].effect.value == "deny"


async def test_a_setting_that_is_only_kept_needs_no_more_than_the_change() -> None:
    # Guards: that auto_upgrade, put in by the gate, does not make the caller's call a costly one.
    opened = gate(on_organization("write"))
    await run(opened, UPDATE_ORGANIZATION, organization_id="acme", name="New")

    assert (opened.log.decisions[-1].effect.value, opened.log.decisions[-1].access) == ("allow", Access.WRITE)


COSTLY: list[tuple[AnyOperation, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (UPDATE_ORGANIZATION, {"organization_id": "acme"}, {"auto_upgrade": True}, {"name": "New"}),
    (UPDATE_ORGANIZATION, {"organization_id": "acme"}, {"auto_upgrade": False}, {"name": "New"}),
    (UPDATE_PROJECT, {"project_id": "checkout-ios"}, {"collaborator_ids": []}, {"name": "New"}),
    (UPDATE_PROJECT, {"project_id": "checkout-ios"}, {"discarded_app_versions": ["1.*"]}, {"name": "New"}),
    (UPDATE_PROJECT, {"project_id": "checkout-ios"}, {"discarded_errors": ["Timeout"]}, {"name": "New"}),
]


@pytest.mark.threats(9)
@pytest.mark.parametrize(("operation", "place", "costly", "plain"), COSTLY)
async def test_a_costly_parameter_needs_full_whatever_the_route_needs(
    operation: AnyOperation, place: dict[str, Any], costly: dict[str, Any], plain: dict[str, Any]
) -> None:
    # Guards: Case.access; the parameters count that were given, also when they are null or beside harmless ones.
    written = gate(on_organization("write") + on_project("write", projects='"checkout-ios"'))
    for given in (costly, {**plain, **costly}):
        with pytest.raises(NotAvailableError):
            await run(written, operation, **place, **given)
        last = written.log.decisions[-1]
        assert (last.effect.value, last.reason, last.access) == ("deny", "level_too_low", Access.DELETE)
    assert written.upstream.received == []

    await run(written, operation, **place, **plain)
    assert (written.log.decisions[-1].effect.value, written.log.decisions[-1].access) == ("allow", Access.WRITE)


@pytest.mark.parametrize(("operation", "place", "costly"), [each[:3] for each in COSTLY])
async def test_a_costly_parameter_is_sent_with_full_and_recorded_as_what_it_is(
    operation: AnyOperation, place: dict[str, Any], costly: dict[str, Any]
) -> None:
    full = gate(on_organization("full") + on_project("full", projects='"checkout-ios"'))
    await run(full, operation, **place, **costly)

    assert (full.log.decisions[-1].effect.value, full.log.decisions[-1].access) == ("allow", Access.DELETE)
    assert costly.items() <= json.loads(full.upstream.received[-1].body or b"").items()


@pytest.mark.ablation("each environment that is asked for is open")
@pytest.mark.threats(14)
async def test_every_environment_that_is_asked_for_has_to_be_open() -> None:
    staged = '[[grant]]\nconnection = "browserstack"\nenvironments = ["staging"]\naccess.session = "read"\n'
    opened = open_gate(policy(staged, connections=("browserstack",)), connections=("browserstack",))
    for names in (["production", "staging"], ["staging", "production"]):
        with pytest.raises(NotAvailableError):
            await run_on(opened, "browserstack", LIST_CHATS, environment=names)

    assert opened.upstream.lines == []


@pytest.mark.ablation("an operation goes to its own provider only")
@pytest.mark.threats(14)
async def test_an_operation_is_sent_to_its_own_provider_alone() -> None:
    # The resource is called alike, so that the policy alone would allow it.
    everywhere = '[[grant]]\nconnection = "browserstack"\nenvironments = ["*"]\naccess.session = "read"\n'
    opened = open_gate(policy(everywhere, connections=("browserstack",)), connections=("browserstack",))
    with pytest.raises(NotAvailableError):
        await run_on(opened, "browserstack", LIST_VISITS)

    assert opened.upstream.lines == []
    assert opened.log.decisions[-1].reason == "unknown_connection"


@pytest.mark.ablation("an object is on the platform that was decided")
@pytest.mark.threats(14)
async def test_a_session_that_turns_out_to_be_on_another_platform_is_not_read() -> None:
    android = (
        '[[grant]]\nconnection = "devrev"\nplatforms = ["android"]\napps = ["com.acme.checkout"]\n'
        'access.session_event = "read"\n'
    )
    opened = open_gate(policy(android, connections=("devrev",)), connections=("devrev",))
    there = {"session_id": "run-1", "platform": "ios"}
    opened.upstream.answers["/observability.sessions.get"] = lambda _: ok({"session": there})
    with pytest.raises(NotAvailableError):
        await run_on(opened, "devrev", GET_SESSION_DATA, session_id="run-1", recording_id="rec-1")

    assert [line.partition("?")[0] for line in opened.upstream.lines] == ["GET /observability.sessions.get"]


@pytest.mark.ablation("a fault is told only where some call is open")
@pytest.mark.threats(21)
async def test_what_is_wrong_with_a_call_is_not_told_where_no_word_of_a_parameter_is_open() -> None:
    nowhere = '[[grant]]\nconnection = "devrev"\nplatforms = ["symbian"]\napps = ["*"]\naccess.session = "read"\n'
    opened = open_gate(policy(nowhere, connections=("devrev",)), connections=("devrev",))
    with pytest.raises(NotAvailableError):
        await run_on(opened, "devrev", GET_SESSION, surprise=1)

    assert [each.reason for each in opened.log.decisions] == ["outside_scope"]
    assert opened.upstream.lines == []
