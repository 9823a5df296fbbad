"""Which fields a policy takes out, resource by resource."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from crashgate.model.field_table import RedactionSet, declared_fields, find_path, read_fields, walk_fields
from crashgate.policy.redaction import Redaction, beyond, field_paths
from tests.catalogue import CATALOGUE, OPERATIONS, RESULT_FIELDS
from tests.rows import is_secret


def test_a_field_goes_from_the_rows_that_have_it_and_from_no_others() -> None:
    redaction = Redaction(within=RESULT_FIELDS, fields=("user.email",))

    assert redaction.tree("event") == {"user": {"email": None}}
    assert redaction.tree("comment") == {"user": {"email": None}}
    assert redaction.tree("error") == {}


@pytest.mark.ablation("every spelling of a field goes")
def test_a_field_goes_in_every_spelling_and_names_are_compared_without_regard_to_case() -> None:
    assert Redaction(within=RESULT_FIELDS, fields=("exceptions.stacktrace.line_number", "metaData.Account.Iban")).tree(
        "event"
    ) == {
        "exceptions": {"stacktrace": {"line_number": None, "linenumber": None}},
        "metadata": {"account": {"iban": None}},
    }


@pytest.mark.ablation("of two redactions the larger stays")
def test_what_takes_out_more_wins() -> None:
    assert Redaction(within=RESULT_FIELDS, fields=("user.email", "user", "user.name")).tree("event") == {"user": None}


def test_everything_below_a_field_may_go_without_the_field() -> None:
    assert Redaction(within=RESULT_FIELDS, fields=("request.headers.*", "breadcrumbs.metaData.*")).tree("event") == {
        "request": {"headers": {"*": None}},
        "breadcrumbs": {"metadata": {"*": None}},
    }


KEYS = (
    "user", "customer", "name", "email", "emailaddress", "email_address", "phone", "phonenumber", "phone_number",
    "username", "user_name", "fullname", "full_name", "firstname", "first_name", "lastname", "last_name",
)  # fmt: skip
"""Written once more, so that one that is lost is missed."""


def test_a_name_may_go_at_any_depth_below_free_data() -> None:
    assert Redaction(within=RESULT_FIELDS, fields=("metaData.**.Iban", "metaData.account.id")).tree("event") == {
        "metadata": {"**": {"iban": None}, "account": {"id": None}}
    }


def test_people_are_their_names_addresses_and_ids() -> None:
    people = Redaction(within=RESULT_FIELDS, sets=("people",))

    anywhere = {"**": dict.fromkeys(KEYS)}
    assert people.tree("event") == {
        "user": None,
        "metadata": anywhere,
        "breadcrumbs": {"metadata": anywhere},
        "customdiagnostics": anywhere,
    }
    assert people.tree("session_event") == {
        "data": anywhere,
        **dict.fromkeys(("events", "recording_events_timeline"), dict.fromkeys(("data", "event_properties"), anywhere)),
    }
    assert people.tree("comment") == {"user": None, "collaborator": None}
    assert people.tree("collaborator") == people.tree("organization_collaborator") == {"name": None, "email": None}
    assert people.tree("session") == {
        "user_id": None,
        "userid": None,
        "rev_user_id": None,
        "traces": {
            "user_id": None,
            "userid": None,
            **dict.fromkeys(("input", "output", "metadata"), anywhere),
        },
    }, "in the spelling of each provider"
    assert people.tree("project") == {}, "a project's name is not a person's"


def test_a_set_of_the_network_leaves_the_request_and_takes_its_addresses() -> None:
    assert Redaction(within=RESULT_FIELDS, sets=("network", "request_headers")).tree("event") == {
        "request": {"url": None, "clientip": None, "referer": None, "params": None, "headers": None}
    }


def test_every_set_takes_something_out() -> None:
    assert all(not Redaction(within=RESULT_FIELDS, sets=(each.value,)).empty for each in RedactionSet)


@pytest.mark.threats(29)
def test_secrets_are_no_fields_that_a_policy_could_name_or_forget() -> None:
    secret = {
        operation.id: {each.name for each in declared_fields(operation.result) if is_secret(each)}
        for operation in OPERATIONS
    }

    assert any(secret.values())
    assert not any(secret[operation.id] & set(read_fields(operation.result)) for operation in OPERATIONS)
    assert "api_key" not in field_paths(CATALOGUE)


def free_paths() -> Mapping[str, tuple[str, ...]]:
    """For each resource the fields that hold any JSON, below which every name may be written."""
    found = {
        name: tuple(".".join(path) for path, each in walk_fields(fields) if each.free)
        for name, fields in RESULT_FIELDS.items()
    }
    return {name: own for name, own in found.items() if own}


def test_the_page_lists_the_fields_below_which_any_name_may_be_written(root: Path) -> None:
    rows = {f"| {resource} | {', '.join(f'`{path}`' for path in found)} |" for resource, found in free_paths().items()}

    assert rows <= set((root / "docs" / "policy.md").read_text(encoding="utf-8").splitlines())


def test_below_what_is_listed_any_name_is_found_and_below_nothing_else() -> None:
    for resource, found in free_paths().items():
        assert all(find_path(RESULT_FIELDS[resource], (*path.split("."), "no-such-name")) for path in found)
    everything = {path for found in free_paths().values() for path in found}
    closed = [
        path
        for path in field_paths(CATALOGUE)
        if not any(path == free or path.startswith(f"{free}.") for free in everything)
    ]
    assert closed
    assert not [
        path
        for path in closed
        if any(find_path(fields, (*path.split("."), "no-such-name")) for fields in RESULT_FIELDS.values())
    ]


@pytest.mark.ablation("what is above a path takes it along, and nothing else does")
@pytest.mark.threats(31)
@pytest.mark.parametrize(
    ("wanted", "out", "left"),
    [
        ((), (), ()),
        (("user_id",), (), ("user_id",)),
        (("user_id",), ("user_id",), ()),
        (("data.user.email",), ("data.user",), ()),
        (("data.user.email",), ("data",), ()),
        (("data.user.email",), ("data.*",), ()),
        (("data.user.email",), ("data.user.*",), ()),
        (("data.user.*",), ("data.user",), ()),
        (("data.user.*",), ("data.user.*",), ()),
        (("data.user",), ("data.user.*",), ("data.user",)),
        (("data.user",), ("data.user.email",), ("data.user",)),
        (("data.*",), ("data.user", "data.url"), ("data.*",)),
        (("user_id", "users"), ("user",), ("user_id", "users")),
    ],
)
def test_a_path_is_out_where_it_or_what_is_above_it_is_out(
    wanted: tuple[str, ...], out: tuple[str, ...], left: tuple[str, ...]
) -> None:
    assert beyond(wanted, out) == left


@pytest.mark.threats(31)
def test_what_is_taken_out_of_a_row_is_named_by_the_fields_that_it_has() -> None:
    redaction = Redaction(
        within=RESULT_FIELDS, fields=("user_id", "data.user.email", "request.headers"), sets=("people",)
    )

    assert redaction.taken_out("session", ("id", "user_id")) == ("user_id",)
    assert redaction.taken_out("session", ("id",)) == ()
    assert redaction.taken_out("nothing", ("user_id",)) == ()
