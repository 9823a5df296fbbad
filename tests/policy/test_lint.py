"""What is legal in a policy and worth a second look."""

import pytest

from crashgate.cli.tool_question import could_allow
from crashgate.model.access import Access
from crashgate.model.scope import NOTHING
from crashgate.policy.document import load
from crashgate.policy.policy import Vocabulary
from crashgate.policy.review.lint import MOST_TOOLS, lint
from crashgate.tools.available import count_open
from tests.catalogue import CATALOGUE, OPERATIONS, RESOURCES
from tests.house import everything
from tests.policy.builders import HEAD, SOURCE

CONNECTIONS = {"bugsnag": "bugsnag"}
VOCABULARY = Vocabulary(catalogue=CATALOGUE, connections={"bugsnag": RESOURCES["bugsnag"]})
LIMITS = "[limits]\ncalls_per_minute = 60\n"


def grant(access: str, *, projects: str = '"checkout-ios"', more: str = "") -> str:
    return f'[[grant]]\nconnection = "bugsnag"\nprojects = [{projects}]\n{more}access.{access}\n'


def warnings(body: str) -> list[str]:
    policy = load(HEAD + body, source=SOURCE, vocabulary=VOCABULARY)
    return [str(each).removeprefix(f"{SOURCE}:") for each in lint(policy, VOCABULARY, CONNECTIONS, could_allow)]


def test_a_narrow_policy_with_limits_has_no_warning() -> None:
    assert warnings(grant('error = "read"') + LIMITS) == []


def test_more_tools_than_some_clients_show_are_told() -> None:
    every = everything("bugsnag")
    policy = load(HEAD + every, source=SOURCE, vocabulary=VOCABULARY)
    tools = count_open(policy, CATALOGUE, CONNECTIONS)
    few, many = (
        lint(policy, VOCABULARY, CONNECTIONS, could_allow, tools=each) for each in (MOST_TOOLS, MOST_TOOLS + 1)
    )

    assert tools >= sum(tool.operations[0].provider == "bugsnag" for tool in CATALOGUE.tools)
    (told,) = (each for each in many if each not in few)
    assert told.text == (
        "41 tools are open to it, and some clients stop at 40: grant fewer resources, or start the server with --tools"
        " or --read-only"
    )


def test_a_policy_without_limits_is_told() -> None:
    assert warnings(grant('error = "read"')) == [
        "1: there are no limits; write [limits] and below it calls_per_minute = 60"
    ]


def test_a_grant_that_an_off_covers_gives_nothing() -> None:
    body = grant('error = "read"') + grant('error = "off"', projects='"checkout-*"') + LIMITS

    assert warnings(body) == [
        "7: grant 1 gives error = read only where grant 2 (line 11) switches it off, so it gives nothing"
    ]


def test_a_grant_that_an_off_covers_in_part_is_none() -> None:
    partly = grant('error = "off"', projects='"checkout-*"', more='organizations = ["acme"]\n')

    assert warnings(grant('error = "read"') + partly + LIMITS) == []
    assert warnings(grant('error = "read"', projects='"a", "checkout-ios"') + partly + LIMITS) == []


def test_all_places_and_full_are_told() -> None:
    assert warnings(grant('error = "full"', projects='"*"') + '[off]\noperations = ["bugsnag.errors.fix"]\n' + LIMITS)[
        :2
    ] == [
        '4: grant 1 names projects = ["*"] and gives up to full: it holds for what does not exist yet too',
        ("7: grant 1 gives error = full: it may do what cannot be undone"),
    ]


def test_full_is_told_as_lasting_only_where_something_takes_it() -> None:
    body = (
        grant('error = "full"\naccess.pivot = "full"\naccess.saved_search = "full"\naccess.project = "full"') + LIMITS
    )

    assert [each for each in warnings(body) if "full" in each] == [
        '4: full gives no more than this in grant 1 today, and may later: pivot = "read", saved_search = "write"',
        "7: grant 1 gives error = full: it may do what cannot be undone",
        "10: grant 1 gives project = full: it may do what cannot be undone",
    ]


def test_full_lasts_on_exactly_the_resources_that_something_deletes() -> None:
    resources = RESOURCES["bugsnag"]
    places = 'organizations = ["acme"]\n'
    body = grant("\naccess.".join(f'{each} = "full"' for each in resources), more=places) + LIMITS
    lasting = {
        each.resource
        for each in OPERATIONS
        if each.provider == "bugsnag" and Access.DELETE in {each.access, *(field.access for field in each.fields)}
    }

    told = {each.split(" gives ")[1].split(" = ")[0] for each in warnings(body) if "cannot be undone" in each}

    assert told == lasting


@pytest.mark.threats(6)
def test_reading_crashes_together_with_writing_comments_is_told() -> None:
    both = grant('event = "read"\naccess.comment = "write"')
    asked = '[approve]\noperations = ["bugsnag.comments.create", "bugsnag.comments.update"]\n'
    off = '[off]\noperations = ["bugsnag.comments.create", "bugsnag.comments.update"]\n'

    assert warnings(both + LIMITS) == [
        (
            "7: it reads what outsiders wrote (event) and may write text with bugsnag.comments.create,"
            " bugsnag.comments.update: hostile text could make it carry data out; put these under [approve] or [off],"
            " or write after_untrusted_minutes = 60 under [approve]"
        )
    ]
    assert warnings(both + asked + LIMITS) == []
    assert warnings(both + off + LIMITS) == []
    assert warnings(both + "[approve]\nafter_untrusted_minutes = 60\n" + LIMITS) == []
    assert warnings(grant('comment = "write"') + LIMITS) == []


def test_a_grant_for_a_platform_that_no_call_can_name_opens_nothing() -> None:
    vocabulary = Vocabulary(catalogue=CATALOGUE, connections={"devrev": RESOURCES["devrev"]})
    body = (
        '[[grant]]\nconnection = "devrev"\nplatforms = ["windows"]\napps = ["*"]\naccess.session = "read"\n'
        f'[off]\noperations = ["devrev.sessions.list"]\n{LIMITS}'
    )
    policy = load(HEAD + body, source=SOURCE, vocabulary=vocabulary)

    told = [each.text for each in lint(policy, vocabulary, {"devrev": "devrev"}, could_allow)]

    assert "no grant gives devrev.sessions.list, so there is nothing to switch off" in told


def test_names_that_nothing_opens_are_told() -> None:
    body = (
        grant('error = "read"')
        + '[off]\noperations = ["bugsnag.errors.fix"]\n[approve]\noperations = ["bugsnag.comments.create"]\n'
        + LIMITS
    )

    assert warnings(body) == [
        "9: no grant gives bugsnag.errors.fix, so there is nothing to switch off",
        "11: no grant gives bugsnag.comments.create, so nobody is ever asked to approve it",
    ]


@pytest.mark.parametrize(
    ("access", "lacks"),
    [('error = "read"', "change anything"), ('trend = "read"', "read what outsiders can write")],
)
def test_a_person_between_reading_and_changing_where_there_is_only_one_of_them_is_told(access: str, lacks: str) -> None:
    assert warnings(grant(access) + "[approve]\nafter_untrusted_minutes = 60\n" + LIMITS) == [
        f"9: no grant lets it {lacks}, so nobody is ever asked because of after_untrusted_minutes"
    ]


def test_places_that_nothing_in_the_grant_has_are_told() -> None:
    body = grant('organization = "read"', more='organizations = ["acme"]\n') + LIMITS

    assert warnings(body) == ["4: grant 1 names projects, and no resource in it has any"]


def test_a_redacted_name_that_is_nearly_the_vendors_is_asked_about() -> None:
    misspelt = '"user.emial", "device.hostnam", "request.headrs.cookie"'
    others = '"user.Email", "device.zzz", "metaData.emial", "user.*"'
    body = grant('error = "read"') + LIMITS + f"[redact]\nfields = [{misspelt}, {others}]\n"

    assert warnings(body) == [
        "11: it redacts device.hostnam, which no event is known to have; did you mean device.hostname?",
        "11: it redacts request.headrs.cookie, which no event is known to have; did you mean request.headers.cookie?",
        "11: it redacts user.emial, which no event is known to have; did you mean user.email?",
    ]


def test_trial_mode_is_told() -> None:
    body = 'mode = "observe"\n' + grant('pivot = "read"') + LIMITS

    assert warnings(body) == [
        '1: mode = "observe": what this policy refuses is let through, deletes apart',
    ]


WRITES = grant('comment = "write"')
READS = sorted(
    {
        (each.provider, each.resource)
        for each in OPERATIONS
        if each.access is Access.READ and each.provider != "crashgate"
    }
)
NO_TEXT_OF_OUTSIDERS = {"collaborator", "comment", "organization", "organization_collaborator", "saved_search", "trend"}
"""Counts, and text that only people with an account at the vendor write."""


@pytest.mark.threats(6)
@pytest.mark.parametrize(("provider", "resource"), READS)
def test_every_resource_that_shows_text_of_outsiders_is_told_beside_a_way_to_write(
    provider: str, resource: str
) -> None:
    vocabulary = Vocabulary(
        catalogue=CATALOGUE, connections={"bugsnag": RESOURCES["bugsnag"], "read": RESOURCES[provider]}
    )
    dimension = RESOURCES[provider][resource]
    places = "" if dimension is NOTHING else f'{dimension} = ["*"]\n'
    body = f'{WRITES}[[grant]]\nconnection = "read"\n{places}access.{resource} = "read"\n{LIMITS}'
    policy = load(HEAD + body, source=SOURCE, vocabulary=vocabulary)

    warned = [
        each
        for each in lint(policy, vocabulary, {**CONNECTIONS, "read": provider}, could_allow)
        if "outsiders wrote" in each.text
    ]

    assert [each.text.split(" and may", 1)[0] for each in warned] == (
        [] if resource in NO_TEXT_OF_OUTSIDERS else [f"it reads what outsiders wrote ({resource})"]
    )


@pytest.mark.threats(6)
def test_releases_are_text_of_outsiders_too() -> None:
    body = grant('release = "read"\naccess.release_group = "read"\naccess.comment = "write"') + LIMITS

    assert [each.split(" and may", 1)[0] for each in warnings(body)] == [
        "7: it reads what outsiders wrote (release, release_group)"
    ]
