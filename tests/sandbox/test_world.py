import re
from datetime import timedelta

import pytest

from crashgate.sandbox.world.content.hostile import HOSTILE
from crashgate.sandbox.world.world import World
from tests.sandbox.harness import NOW


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
    ids += [one.id for error in world.errors.values() for one in world.occurrences(error)]

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
