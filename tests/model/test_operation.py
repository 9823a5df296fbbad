"""An entry that contradicts itself fails when it is made: one test for each check."""

from typing import Annotated, Any

import pytest

from crashgate.model.access import Access
from crashgate.model.operation import AnyOperation, Field, Operation, Shape, Wording
from crashgate.model.params import Along, In, Logged, Needs, ObjectId, Params, Repeated, Wire
from crashgate.model.result import Result
from crashgate.model.scope import (
    Anywhere,
    AppNamed,
    AppOfObject,
    EnvironmentNamed,
    EnvironmentRows,
    OrganizationNamed,
    ProjectNamed,
    ProjectOfObject,
    ProjectToCome,
)


class OneThing(Params):
    """An id in the path, text in the body that the log may not show, and a number in the query under another name."""

    thing_id: Annotated[ObjectId, In.PATH]
    note: Annotated[str | None, In.BODY] = None
    most: Annotated[int | None, In.QUERY, Wire("limit"), Logged()] = None


class JustThing(Params):
    """An id in the path."""

    thing_id: Annotated[ObjectId, In.PATH]


GOOD: dict[str, Any] = {
    "id": "bugsnag.things.change",
    "provider": "bugsnag",
    "resource": "thing",
    "access": Access.WRITE,
    "method": "PATCH",
    "path": "/things/{thing_id}",
    "scope": Anywhere(),
    "params": OneThing,
    "result": Result,
    "shape": Shape.ONE,
    "wording": Wording(verb="change", past="changed", target="thing {thing_id}"),
    "source": "https://example.com/",
}


LISTED = Wording(verb="list", past="listed", target="things")


def made(**changes: Any) -> AnyOperation:  # noqa: ANN401 - any part of an operation
    return Operation(**{**GOOD, **changes})


def test_an_entry_without_contradiction_reads_its_fields_off_its_parameters() -> None:
    assert made().fields == (
        Field(name="thing_id", travels=In.PATH, wire="thing_id", logged=Logged()),
        Field(name="note", travels=In.BODY, wire="note", logged=None),
        Field(name="most", travels=In.QUERY, wire="limit", logged=Logged()),
    )


@pytest.mark.threats(9)
@pytest.mark.parametrize("part", ["resource", "access", "scope", "wording", "source", "params", "result", "shape"])
def test_an_entry_says_its_resource_its_access_and_the_rest_or_cannot_be_made(part: str) -> None:
    with pytest.raises(TypeError, match=part):
        Operation(**{name: value for name, value in GOOD.items() if name != part})


def test_a_placeholder_of_the_path_without_a_parameter_is_refused() -> None:
    with pytest.raises(ValueError, match="the path names"):
        made(path="/things/{thing_id}/parts/{part_id}")


def test_a_parameter_of_the_path_without_a_placeholder_is_refused() -> None:
    with pytest.raises(ValueError, match="the path names"):
        made(path="/things")


def test_words_for_the_log_that_hold_an_unlogged_parameter_are_refused() -> None:
    with pytest.raises(ValueError, match="the log may not show"):
        made(wording=Wording(verb="change", past="changed", target="thing {thing_id} with {note}"))


def test_words_for_the_log_that_hold_an_unknown_parameter_are_refused() -> None:
    with pytest.raises(ValueError, match="the log may not show"):
        made(wording=Wording(verb="change", past="changed", target="thing {other_id}"))


@pytest.mark.parametrize(
    "scope",
    [
        ProjectNamed(),
        OrganizationNamed(),
        ProjectToCome(),
        ProjectOfObject(project="thing_id", object="other_id", read="bugsnag.things.get"),
        ProjectOfObject(object="thing_id", read="bugsnag.things.get"),
        OrganizationNamed(organization="thing_id", kept=("other",)),
        EnvironmentRows(environment="environment"),
        EnvironmentNamed(environment="environment", object="thing_id", read="bugsnag.things.get"),
        EnvironmentNamed(environment="note", object="other_id", read="bugsnag.things.get"),
        AppNamed(app="thing_id"),
        AppNamed(platform="note"),
        AppOfObject(app="thing_id", platform="note", object="other_id", read="bugsnag.things.get"),
    ],
    ids=[
        "project",
        "organization",
        "organization of a project",
        "object",
        "project of an object",
        "kept",
        "environment of rows",
        "environment",
        "object in an environment",
        "platform",
        "app",
        "object in an app",
    ],
)
def test_a_scope_that_names_no_parameter_is_refused(scope: object) -> None:
    with pytest.raises(ValueError, match="the scope names"):
        made(scope=scope)


@pytest.mark.parametrize("name", ["things.change", "crashgate.things.change", "bugsnag", "bugsnagthings.change"])
def test_an_id_that_does_not_start_with_its_provider_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="contradict each other"):
        made(id=name)


def test_a_method_without_a_path_is_refused() -> None:
    with pytest.raises(ValueError, match="contradict each other"):
        made(path=None, params=Params, wording=Wording(verb="change", past="changed", target="things"))


def test_a_path_without_a_method_is_refused() -> None:
    with pytest.raises(ValueError, match="contradict each other"):
        made(method=None)


@pytest.mark.ablation("a GET reads")
@pytest.mark.threats(9)
@pytest.mark.parametrize("access", [Access.WRITE, Access.DELETE])
def test_a_get_that_writes_or_deletes_is_refused(access: Access) -> None:
    with pytest.raises(ValueError, match="a GET reads"):
        made(method="GET", access=access, params=JustThing)


def test_a_read_that_makes_something_new_is_refused() -> None:
    with pytest.raises(ValueError, match="what reads makes nothing new"):
        made(method="GET", path="/things", params=Params, wording=LISTED, access=Access.READ, creates=True)


def test_a_get_with_a_parameter_in_the_body_is_refused() -> None:
    with pytest.raises(ValueError, match="a GET has no body"):
        made(method="GET", access=Access.READ)


def test_a_get_with_a_fixed_body_is_refused() -> None:
    with pytest.raises(ValueError, match="a GET has no body"):
        made(method="GET", access=Access.READ, params=JustThing, fixed_body={"operation": "fix"})


@pytest.mark.ablation("a DELETE deletes")
@pytest.mark.threats(9)
@pytest.mark.parametrize("access", [Access.READ, Access.WRITE])
def test_a_delete_that_claims_less_than_delete_is_refused(access: Access) -> None:
    with pytest.raises(ValueError, match="a DELETE deletes"):
        made(method="DELETE", access=access)


@pytest.mark.threats(9)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_post_put_or_patch_that_claims_to_read_is_refused(method: str) -> None:
    with pytest.raises(ValueError, match="is not a read"):
        made(method=method, access=Access.READ)


class Costly(Params):
    """A parameter that needs more than the operation."""

    thing_id: Annotated[ObjectId, In.PATH]
    most: Annotated[int | None, In.BODY, Needs(Access.DELETE)] = None


@pytest.mark.ablation("a costly parameter raises the access of its call")
@pytest.mark.threats(9)
def test_a_parameter_that_needs_more_raises_the_access_of_a_call_that_gives_it() -> None:
    entry = made(params=Costly)

    assert [entry.access_with(given) for given in ((), ("thing_id",), ("thing_id", "most"))] == [
        Access.WRITE,
        Access.WRITE,
        Access.DELETE,
    ]


@pytest.mark.threats(9)
def test_a_parameter_that_needs_no_more_than_its_operation_is_refused() -> None:
    # It would read as if it were guarded, and be guarded no more than the rest.
    with pytest.raises(ValueError, match="needs no more than its operation"):
        made(params=Costly, access=Access.DELETE)


class Nowhere(Params):
    """A parameter that does not say where it travels."""

    thing_id: ObjectId


class Twice(Params):
    """A parameter that says it twice."""

    thing_id: Annotated[ObjectId, In.PATH, In.QUERY]


@pytest.mark.parametrize("params", [Nowhere, Twice])
def test_a_parameter_that_does_not_say_once_where_it_travels_is_refused(params: type[Params]) -> None:
    with pytest.raises(ValueError, match="must say once where it travels"):
        made(params=params)


class Marked(Params):
    """A parameter with every mark that changes how it travels, and one whose log is narrower than its type."""

    names: Annotated[tuple[str, ...], In.QUERY, Repeated(), Logged(only=r"[a-z]+")]
    platform: Annotated[str, In.BODY, Along(wire="type", value=(("ios", "mobile"), ("web", "web")))]


def test_the_marks_of_a_parameter_are_read_off_its_type() -> None:
    assert made(method="POST", path="/things", params=Marked, wording=LISTED).fields == (
        Field(name="names", travels=In.QUERY, wire="names", logged=Logged(only=r"[a-z]+"), repeated=True),
        Field(
            name="platform",
            travels=In.BODY,
            wire="platform",
            logged=None,
            along=Along(wire="type", value=(("ios", "mobile"), ("web", "web"))),
        ),
    )


def test_what_goes_along_is_one_value_or_follows_from_the_parameters() -> None:
    kind = Along(wire="type", value=(("ios", "mobile"), ("web", "web")))

    assert [kind.beside("ios"), kind.beside("web"), Along(wire="type", value="range").beside("any")] == [
        "mobile",
        "web",
        "range",
    ]
    with pytest.raises(ValueError, match="nothing goes along as type"):
        kind.beside("tv")


def test_a_post_that_reads_is_one_that_says_so() -> None:
    asked = made(method="POST", path="/things", params=Params, wording=LISTED, access=Access.READ, asks_by_post=True)

    assert (asked.access, asked.asks_by_post) == (Access.READ, True)


@pytest.mark.threats(9)
@pytest.mark.parametrize(
    "changes",
    [
        {"method": "POST", "access": Access.WRITE},
        {"method": "POST", "access": Access.DELETE},
        {"method": "GET", "access": Access.READ},
        {"method": "PATCH", "access": Access.READ},
        {"method": "DELETE", "access": Access.DELETE},
    ],
    ids=lambda changes: f"{changes['method']} {changes['access']}",
)
def test_nothing_else_asks_by_post(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="only a POST that reads asks by POST"):
        made(path="/things", params=Params, wording=LISTED, asks_by_post=True, **changes)


def test_an_operation_that_crashgate_answers_itself_has_neither_method_nor_path() -> None:
    own = made(
        id="crashgate.things.get",
        provider="crashgate",
        access=Access.READ,
        method=None,
        path=None,
        params=Params,
        wording=Wording(verb="read", past="read", target="things"),
    )

    assert (own.method, own.path, own.fields) == (None, None, ())
