import re
from dataclasses import replace
from datetime import timedelta

import pytest

from crashgate_sandbox.world.content.hostile import HOSTILE
from crashgate_sandbox.world.slugs import free_slug
from crashgate_sandbox.world.world import World
from tests.held_clock import NOW


@pytest.fixture(scope="module")
def world() -> World:
    return World(now=NOW)


def test_the_same_seed_gives_the_same_world() -> None:
    one, other = World(seed=7, now=NOW), World(seed=7, now=NOW)

    assert one.organizations == other.organizations
    assert one.errors == other.errors
    assert [one.occurrences(error) for error in one.errors.values()] == [
        other.occurrences(error) for error in other.errors.values()
    ]


def test_the_same_seed_gives_the_same_comments_and_searches() -> None:
    one, other = World(seed=7, now=NOW), World(seed=7, now=NOW)

    assert [one.comments.on(error) for error in one.errors] == [other.comments.on(error) for error in other.errors]
    assert [one.searches.of(project) for project in one.projects] == [
        other.searches.of(project) for project in other.projects
    ]


def test_comments_are_written_between_the_first_event_and_now(world: World) -> None:
    written = [(error, one) for error in world.errors.values() for one in world.comments.on(error.id)]

    assert len(written) > 50
    assert [one for error, one in written if not error.first_seen <= one.at <= NOW] == []


def test_a_reset_brings_back_whatever_was_changed() -> None:
    world, fresh = World(now=NOW), World(now=NOW)
    error = next(error for error in world.errors.values() if world.comments.on(error.id))
    search = world.searches.of(error.project.id)[0]
    world.comments.remove(world.comments.on(error.id)[0])
    world.searches.remove(search)
    world.hidden_groups.add("some")
    world.delete_event(world.occurrences(error)[0])
    world.create_project(error.project.organization_id, name="New", platform="go", ignore_old_browsers=False)
    world.change_project(replace(error.project, name="Other"))

    world.reset()

    assert (world.projects, world.hidden_groups) == (fresh.projects, set())
    assert world.comments.on(error.id) == fresh.comments.on(error.id)
    assert world.searches.find(search.id) == search
    assert world.occurrences(error) == fresh.occurrences(error)


@pytest.mark.parametrize(
    ("name", "taken", "slug"),
    [
        ("testOrg", set[str](), "testorg"),
        ("updated_name", set[str](), "updated-name"),
        ("  A/B  ", set[str](), "a-b"),
        ("testOrg", {"testorg"}, "testorg-1"),
        ("testOrg", {"testorg", "testorg-1", "testorg-3"}, "testorg-2"),
        ("店", set[str](), "unnamed"),
    ],
)
def test_a_slug_is_the_name_in_plain_letters_and_a_number_where_it_is_taken(
    name: str, taken: set[str], slug: str
) -> None:
    assert free_slug(name, taken) == slug


def test_another_day_moves_the_times_and_keeps_the_ids_and_texts(world: World) -> None:
    later = World(now=NOW + timedelta(days=9))

    assert list(later.errors) == list(world.errors)
    assert [one.message for one in later.errors.values()] == [one.message for one in world.errors.values()]
    assert {project: [one.id for one in later.releases(later.projects[project])] for project in later.projects} == {
        project: [one.id for one in world.releases(world.projects[project])] for project in world.projects
    }


def test_another_seed_gives_other_ids(world: World) -> None:
    other = World(seed=world.seed + 1, now=NOW)

    assert not set(other.errors) & set(world.errors)
    assert not set(other.projects) & set(world.projects)


def test_there_are_two_organizations_seven_projects_and_hundreds_of_errors(world: World) -> None:
    assert [one.slug for one in world.organizations.values()] == ["acme", "globex"]
    assert {one.plan.slug: len(world.errors_of(one.id)) for one in world.projects.values()} == {
        "checkout-ios": 78,
        "checkout-android": 112,
        "checkout-web": 62,
        "payments-api": 48,
        "identity-service": 36,
        "storefront-web": 44,
        "warehouse-scanner": 26,
    }


def test_every_id_is_24_hexadecimal_digits_and_used_once(world: World) -> None:
    ids = [*world.organizations, *world.projects, *world.errors, *(one.id for one in world.people)]
    ids += [release.id for project in world.projects.values() for release in world.releases(project)]
    ids += [group.id for project in world.projects.values() for group in world.release_groups(project)]
    ids += [one.id for error in world.errors.values() for one in world.occurrences(error)]
    ids += [one.id for error in world.errors.values() for one in world.comments.on(error.id)]
    ids += [one.id for project in world.projects for one in world.searches.of(project)]

    assert len(set(ids)) == len(ids)
    assert [one for one in ids if not re.fullmatch(r"[0-9a-f]{24}", one)] == []


def test_an_errors_events_are_as_many_and_as_old_as_the_error_says(world: World) -> None:
    for error in world.errors.values():
        occurrences = world.occurrences(error)
        times = [one.at for one in occurrences]
        assert (len(occurrences), times[-1], times[0]) == (error.events, error.first_seen, error.last_seen)
        assert times == sorted(times, reverse=True)
        assert {one.release.stage for one in occurrences} == set(error.stages)


def test_nothing_happens_in_the_future_nor_before_its_release(world: World) -> None:
    oldest = {
        (project.id, stage): min(one.at for one in world.releases(project) if one.stage == stage)
        for project in world.projects.values()
        for stage in project.plan.stages
    }
    for error in world.errors.values():
        for one in world.occurrences(error):
            assert one.at <= NOW
            assert one.release.at <= one.at or one.release.at == oldest[error.project.id, one.release.stage]


def test_an_event_is_found_by_its_id(world: World) -> None:
    for error in list(world.errors.values())[::40]:
        for one in world.occurrences(error)[:3]:
            assert world.occurrence(one.id) is one


@pytest.mark.parametrize("event_id", ["", "0" * 24, "nonsense"])
def test_an_unknown_event_is_none(world: World, event_id: str) -> None:
    assert world.occurrence(event_id) is None


def test_an_id_that_only_begins_like_an_events_is_none(world: World) -> None:
    known = world.occurrences(next(iter(world.errors.values())))[0].id

    assert world.occurrence(known[:18]) is None
    assert world.occurrence(known + "0") is None
    assert world.occurrence(known[:18] + "ffffff") is None


def test_every_hostile_text_is_the_message_of_some_error(world: World) -> None:
    messages = {error.message for error in world.errors.values()}

    assert set(HOSTILE) - messages == set()
    text = "".join(HOSTILE)
    for dangerous in ("\x1b", "\x00", "\u202e", "\u200b", "\n", "\U000e0064", "Ignore previous instructions"):
        assert dangerous in text


def test_some_customers_have_hostile_names(world: World) -> None:
    names = {one.customer.name for error in world.errors.values() for one in world.occurrences(error)}

    assert any("DROP TABLE" in name for name in names)
    assert any("\u202e" in name for name in names)


def test_every_status_occurs_and_each_snoozed_error_has_a_rule(world: World) -> None:
    states = [world.state(error) for error in world.errors.values()]

    assert {one.status for one in states} == {"open", "in progress", "for_review", "fixed", "snoozed", "ignored"}
    assert all((one.reopen_rules is not None) == (one.status == "snoozed") for one in states)


def test_addresses_and_networks_are_reserved_for_examples(world: World) -> None:
    for error in world.errors.values():
        for one in world.occurrences(error)[:5]:
            assert one.customer.email.endswith("@mail.example")
            assert one.customer.ip.startswith(("192.0.2.", "198.51.100.", "203.0.113."))
