"""The plan and the gateway's judge give the same verdict, while there are both."""

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from crashgate.errors import CrashgateError
from crashgate.gate.call import Ask
from crashgate.gate.case import Case
from crashgate.gate.judge import Judge
from crashgate.gate.places import Found, Places
from crashgate.gate.plan import ChargeCall, Need, NeedFields, NeedObject, NeedPlace, NeedValues, plan
from crashgate.gate.quotas import Limiter
from crashgate.gate.verdict import Verdict
from crashgate.model.operation import AnyOperation
from crashgate.model.scope import (
    PROJECT,
    AppOfObject,
    EnvironmentNamed,
    EnvironmentRows,
    OrganizationToCome,
    ProjectOfObject,
    ProjectToCome,
)
from crashgate.policy.grants import STRANGER
from crashgate.policy.policy import Policy
from crashgate.providers.registry import OPERATIONS
from tests.gate.asks import good_ask
from tests.gate.gate import ACME, IOS, policy
from tests.gate.memory import MemoryCounter
from tests.held_clock import HeldClock

OURS = [each for each in OPERATIONS if each.method is not None]


@dataclass
class _Row:
    environment: str | None
    platform: str | None


@dataclass
class _World(Places):
    organization_found: Found | None
    project_found: Found | None
    there: bool
    row: _Row | None
    known: frozenset[str]
    current: Mapping[str, Any] | None

    async def project(self, *_: Any, with_organization: bool = False) -> Found | None:
        return self.project_found

    async def organization(self, *_: Any) -> Found | None:
        return self.organization_found

    async def has_object(self, *_: Any) -> bool:
        return self.there

    async def find(self, *_: Any) -> Any:
        return self.row

    async def values(self, *_: Any) -> Mapping[str, Any] | None:
        return self.current

    async def fields(self, *_: Any) -> frozenset[str]:
        return self.known

    def answer(self, need: Need) -> Any:
        match need:
            case ChargeCall():
                return None
            case NeedPlace(dimension=dimension):
                return self.project_found if dimension is PROJECT else self.organization_found
            case NeedObject(scope=ProjectOfObject(project=name), params=params):
                return getattr(params, name) if self.there else None
            case NeedObject(scope=EnvironmentNamed()):
                return self.row and (self.row.environment or STRANGER)
            case NeedObject(scope=AppOfObject()):
                return self.row and self.row.platform
            case NeedFields():
                return self.known
            case NeedValues():
                return self.current
            case _:
                raise AssertionError(need)


FOUND_ORGANIZATION = Found(id=ACME, slug="acme")
PLACED = {
    "organizations": [[ACME], ["acme"], ["other"], ["*"]],
    "projects": [[IOS.id], ["checkout-ios"], ["*"], ["other"]],
    "environments": [["production"], ["*"], ["other"], ["staging"]],
    "apps": [["*"], ["com.acme.*"], ["other"]],
    "platforms": [["ios"], ["*"], ["web"], ["android"]],
}


@st.composite
def _policies(draw: st.DrawFn, operation: AnyOperation) -> Policy | None:
    provider = operation.provider.value
    kinds = [operation.scope.dimension, operation.scope.dimension.wider]
    grants: list[str] = []
    for _ in range(draw(st.integers(0, 3))):
        level = draw(st.sampled_from(["off", "read", "write", "full"]))
        grants.append(f'[[grant]]\nconnection = "{provider}"\naccess.{operation.resource} = "{level}"')
        for kind in kinds:
            if kind is not None and kind.plural in PLACED and (kind is kinds[0] or draw(st.booleans())):
                grants.append(f"{kind.plural} = {draw(st.sampled_from(PLACED[kind.plural]))!r}")
    mode = draw(st.sampled_from(["", 'mode = "observe"\n']))
    off = draw(st.sampled_from(["", f'[off]\noperations = ["{operation.id}"]\n']))
    approve = draw(st.sampled_from(["", f'[approve]\noperations = ["{operation.id}"]\n']))
    redact = draw(st.sampled_from(["", '[redact]\nsets = ["people"]\n']))
    held = policy(mode + "\n".join(grants) + "\n" + off + approve + redact, connections=[provider])
    return draw(st.sampled_from([held, held, held, None]))


@st.composite
def _worlds(draw: st.DrawFn) -> _World:
    inside = draw(st.sampled_from([None, FOUND_ORGANIZATION]))
    project = Found(id=IOS.id, slug="checkout-ios", organization=draw(st.sampled_from([None, ACME])), inside=inside)
    return _World(
        organization_found=draw(st.sampled_from([FOUND_ORGANIZATION, FOUND_ORGANIZATION, None])),
        project_found=draw(st.sampled_from([project, project, None])),
        there=draw(st.booleans()),
        row=draw(
            st.none()
            | st.builds(
                _Row,
                environment=st.sampled_from([None, "production", "staging"]),
                platform=st.sampled_from([None, "ios", "android", "web"]),
            )
        ),
        known=draw(st.sampled_from([frozenset(), frozenset({"app.release_stage"})])),
        current=draw(st.none() | st.just({"name": "Acme", "auto_upgrade": True})),
    )


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_the_plan_gives_the_verdict_of_the_judge(data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from(OURS))
    held, world = data.draw(_policies(operation)), data.draw(_worlds())
    asked = good_ask(operation)
    arguments = {
        **asked.arguments,
        **data.draw(st.sampled_from([{}, {}, {"nothing_of_it": 1}, {"filters": '{"user.email": "a@example.com"}'}])),
    }
    for name in data.draw(st.sets(st.sampled_from(sorted(arguments) or ["none"]), max_size=1)):
        arguments.pop(name, None)
    ask = Ask(
        principal=asked.principal, tool="t", operation=operation, connection=asked.connection, arguments=arguments
    )

    one, two = Case(ask=ask, policy=held, id="same"), Case(ask=ask, policy=None, id="same")
    ours, theirs = _planned(held, two, world), _judged(one, world)

    if isinstance(operation.scope, ProjectToCome | OrganizationToCome) and ours[:1] != theirs[:1]:
        # The plan asks about what is to come, as tools/list does, before it tells a fault.
        assert ours[0] == "deny"
        return
    if isinstance(operation.scope, EnvironmentRows):
        ours, theirs = ours[:-2], theirs[:-2]  # of environments that were named the plan tells the rule
    assert ours == theirs
    assert _state(two) == _state(one)


def _told(verdict: Verdict) -> tuple[Any, ...]:
    return (verdict.effect.value, verdict.observed, verdict.needs_approval, verdict.filters_rows, verdict.reason)


def _planned(held: Policy | None, case: Case, world: _World) -> tuple[Any, ...]:
    asking = plan(held, case)
    try:
        need = next(asking)
        while True:
            need = asking.send(world.answer(need))
    except StopIteration as end:
        verdict: Verdict = end.value
        return ("fault", verdict.fault.what) if verdict.fault else _told(verdict)


def _judged(case: Case, world: _World) -> tuple[Any, ...]:
    judge = Judge(world, Limiter(counter=MemoryCounter(), clock=HeldClock()))
    running = cast("Coroutine[Any, Any, Verdict]", judge.rule(case, cast("Any", None)))
    try:
        running.send(None)
    except StopIteration as end:
        return _told(end.value)
    except CrashgateError as problem:
        return "fault", problem.what
    raise AssertionError("the judge waited")


def _state(case: Case) -> tuple[Any, ...]:
    return (
        case.params,
        case.organization,
        case.project,
        case.environment,
        case.platform,
        case.app,
        case.kept,
        case.observed,
    )
