"""Whether an error comes with a feature flag: compared with the sandbox's world, within 500 tokens, in honest words."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from crashgate.errors import Code
from crashgate.model.message import Request, Response
from crashgate.tools.composites.check_feature_flags import Share, Verdict
from crashgate_sandbox.world.content.hostile import HOSTILE
from crashgate_sandbox.world.errors import Error
from crashgate_sandbox.world.occurrences import Occurrence
from tests.gate.gate import IOS, ok, open_gate, policy
from tests.house import OPERATOR, House, fresh_world, open_house, write_policies
from tests.tools.counting import tokens
from tests.tools.test_untrusted import EVERYTHING

MOST = 500
MOST_REQUESTS = 12
NOT_SEEN = "not there, or not allowed to you"
AGENT = "narrow"
PIVOTS_ONLY = """[[grant]]
connection = "bugsnag"
projects = ["checkout-ios"]
access.pivot = "read"
"""


async def _checked(house: House, error: Error, agent: str = OPERATOR) -> tuple[dict[str, Any], str, int]:
    given = {"project_id": error.project.plan.slug, "error_id": error.id}
    answer = await house.call(agent, "check_feature_flags", given)
    assert answer.error is None, answer.text
    return answer.content["check"], answer.text, tokens(dict(answer.content)) + tokens(answer.text)


def _others(house: House, error: Error) -> list[Occurrence]:
    """The project's other events since the error was first seen."""
    return [
        one
        for each in house.world.errors_of(error.project.id)
        if each.id != error.id
        for one in house.world.occurrences(each)
        if one.at >= error.first_seen
    ]


def _share(events: list[Occurrence] | tuple[Occurrence, ...], flag: str) -> float:
    return round(sum(flag in dict(one.flags) for one in events) / len(events), 2)


@pytest.mark.parametrize("slug", ["checkout-ios", "checkout-web", "payments-api", "warehouse-scanner"])
async def test_shares_are_those_of_the_world_in_one_call_of_500_tokens(tmp_path: Path, slug: str) -> None:
    costs: dict[str, int] = {}
    async with open_house(tmp_path) as house:
        for error in house.errors(slug)[::6]:
            house.sandbox.clear()
            check, _, costs[error.id] = await _checked(house, error)
            own, others = house.world.occurrences(error), _others(house, error)
            flags = {name for one in own for name, _ in one.flags}
            assert check["events"] == len(own)
            assert {each["untrusted"]["flag"] for each in check["flags"]} == flags
            assert len(house.requests) <= MOST_REQUESTS
            if flags:
                assert check["other_events"] == len(others)
            for each in check["flags"] if others else ():
                flag = each["untrusted"]["flag"]
                assert (each["share"], each["others_share"]) == (_share(own, flag), _share(others, flag))

    assert len(costs) > 3
    assert {error: cost for error, cost in costs.items() if cost > MOST} == {}


async def test_the_flag_that_brings_an_error_stands_out_first_with_its_variant(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        error = next(each for each in house.errors() if each.kind.flag is not None)
        check, text, _ = await _checked(house, error)
        newest = house.world.occurrences(error)[: check["sampled_for_variants"][0]]

    first, *rest = check["flags"]
    flag, variant = error.kind.flag or ("", None)
    counted = Counter(dict(one.flags).get(flag) for one in newest)
    name, share, _, verdict = first["untrusted"]["variants"][0]
    assert (first["untrusted"]["flag"], first["verdict"]) == (flag, "more_often")
    assert (name, share, verdict) == (variant, round(counted[variant] / len(newest), 2), "more_often")
    assert {each["verdict"] for each in rest} == {"no_difference"}
    assert text == (
        "1 of 3 flags, or a variant, on a larger share of this error's events than of others', beyond chance: a"
        " possible cause, not a proof. In checkout-ios."
    )


async def test_of_few_events_nothing_is_concluded(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        few = [each for each in house.errors() if each.events < 20 and any(_flags_of(house, each))]
        found = [await _checked(house, each) for each in few[:6]]

    assert len(found) == 6
    assert {each["verdict"] for check, _, _ in found for each in check["flags"]} == {"not_enough_data"}
    assert {text for _, text, _ in found} == {
        "Not enough data: fewer than 20 events of this error, or of others to compare with. In checkout-ios."
    }


def _flags_of(house: House, error: Error) -> list[str]:
    return [name for one in house.world.occurrences(error) for name, _ in one.flags]


async def test_what_the_policy_refuses_is_named_and_nothing_of_it_is_told(tmp_path: Path) -> None:
    policies = write_policies(tmp_path / "policies", {AGENT: PIVOTS_ONLY})
    async with open_house(tmp_path, policies=policies) as house:
        error = next(each for each in house.errors() if each.kind.flag is not None)
        elsewhere = house.errors("checkout-web")[0]
        check, text, _ = await _checked(house, error, AGENT)
        calm, calm_text, _ = await _checked(house, max(house.errors()[1:], key=lambda each: each.events), AGENT)
        foreign = await house.call(
            AGENT, "check_feature_flags", {"project_id": "checkout-ios", "error_id": elsewhere.id}
        )
        sent = {each.path.rpartition("/")[2] for each in house.requests}

    # Without the error there is no time since when, so that all of the project's events are compared.
    assert check["left_out"] == calm["left_out"] == {"since": NOT_SEEN, "variants": NOT_SEEN}
    assert "since" not in check
    assert not any("variants" in each["untrusted"] for each in [*check["flags"], *calm["flags"]])
    assert text.startswith("1 of 3 flags")
    assert calm_text.endswith("none looks like the cause. Variants were not compared. In checkout-ios.")
    assert foreign.error is Code.NOT_AVAILABLE
    assert "events" not in sent


@pytest.mark.threats(20, 29)
async def test_where_flags_are_redacted_nobody_learns_of_them_here(tmp_path: Path) -> None:
    grants = PIVOTS_ONLY + 'access.event = "read"\naccess.error = "read"\n[redact]\nfields = ["feature_flags"]\n'
    policies = write_policies(tmp_path / "policies", {AGENT: grants})
    async with open_house(tmp_path, policies=policies) as house:
        error = house.errors()[0]
        given = {"project_id": "checkout-ios", "error_id": error.id}
        answer = await house.call(AGENT, "check_feature_flags", given)

    assert answer.error is Code.INVALID_ARGUMENTS
    assert "uses a field that the policy removes from answers" in answer.text
    assert "new-payment-sheet" not in str(answer.content)


@pytest.mark.threats(5)
async def test_what_outsiders_call_a_flag_stands_under_untrusted_alone(tmp_path: Path) -> None:
    world = fresh_world()
    error = world.errors_of(next(each.id for each in world.projects.values() if each.plan.slug == "checkout-ios"))[0]
    hostile = tuple(replace(one, flags=((HOSTILE[0], HOSTILE[1]),)) for one in world.occurrences(error))
    world._occurrences[error.id] = hostile  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - a world of ours
    async with open_house(tmp_path, world=world) as house:
        check, text, _ = await _checked(house, error)
    fresh_world()

    (flag,) = check["flags"]
    outside = flag.pop("untrusted")
    assert outside["flag"]
    assert HOSTILE[0][:12] not in f"{check}{text}"
    assert "\n" not in outside["flag"]


def _pivot(name: str, values: Mapping[str, int]) -> dict[str, Any]:
    listed = [{"value": value, "events": events} for value, events in values.items()]
    return {"event_field_display_id": name, "list": listed, "no_value": 0, "other": 0}


def _own_and_all(own: list[dict[str, Any]], every: list[dict[str, Any]]) -> Any:  # noqa: ANN401 - a gate
    opened = open_gate(policy(EVERYTHING))
    path = f"/projects/{IOS.id}"

    def answer(request: Request) -> Response:
        assert parse_qs(urlsplit(request.url).query)["pivots[]"] == ["feature_flag.seen_in", "app.release_stage"]
        return ok(own if "/errors/" in request.url else every)

    opened.upstream.answers |= {f"{path}/errors/{IOS.error}/pivots": answer, f"{path}/pivots": answer}
    opened.upstream.answers[f"{path}/event_fields"] = lambda _: ok(
        [{"display_id": "event.since"}, {"display_id": "error.id"}]
    )
    return opened


async def _played(own: list[dict[str, Any]], every: list[dict[str, Any]]) -> tuple[dict[str, Any], str]:
    answer = await _own_and_all(own, every).call("check_feature_flags", {"project_id": IOS.id, "error_id": IOS.error})
    assert answer.error is None, answer.text
    return answer.content["check"], answer.text


async def test_an_upstream_that_does_not_count_by_flag_is_not_taken_for_one_without_flags() -> None:
    stage = _pivot("app.release_stage", {"production": 50})
    check, text = await _played([stage], [stage])
    none, other_text = await _played([stage, _pivot("feature_flag.seen_in", {})], [stage])

    assert check == none == {"events": 50, "flags": []}
    assert text == "Events are not counted by feature flag here: get_event shows those of one event. In checkout-ios."
    assert other_text == "No feature flag was set on this error's events. In checkout-ios."


async def test_a_flag_of_a_project_with_too_many_is_not_judged() -> None:
    own = [_pivot("feature_flag.seen_in", {"a": 40}), _pivot("app.release_stage", {"production": 50})]
    every = [_pivot("feature_flag.seen_in", {"b": 90}), _pivot("app.release_stage", {"production": 900})]
    check, text = await _played(own, every)

    assert [(each["verdict"], each["share"], "others_share" in each) for each in check["flags"]] == [
        ("not_enough_data", 0.8, False)
    ]
    assert text.startswith("Not enough data")


@pytest.mark.parametrize(
    ("share", "verdict"),
    [
        (Share(some=50, of=50, others_some=20, others_of=50), Verdict.MORE_OFTEN),
        (Share(some=2, of=50, others_some=30, others_of=50), Verdict.LESS_OFTEN),
        (Share(some=25, of=50, others_some=22, others_of=50), Verdict.NO_DIFFERENCE),
        (Share(some=19, of=19, others_some=0, others_of=50_000), Verdict.NOT_ENOUGH_DATA),
        (Share(some=50, of=50, others_some=0, others_of=19), Verdict.NOT_ENOUGH_DATA),
        (Share(some=50, of=50), Verdict.NOT_ENOUGH_DATA),
        (Share(some=0, of=0, others_some=0, others_of=0), Verdict.NOT_ENOUGH_DATA),
        (Share(some=25_500, of=50_000, others_some=24_000, others_of=50_000), Verdict.MORE_OFTEN),
    ],
)
def test_two_shares_differ_where_chance_does_not_explain_it(share: Share, verdict: Verdict) -> None:
    assert share.verdict is verdict
