from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from crashgate.model.access import Access, Level
from crashgate.model.scope import NOTHING, PROJECT, Dimension
from crashgate.policy.decide import decide
from crashgate.policy.decision import Buckets, Decision, Effect, Place, Question, Reason
from crashgate.policy.grants import Grant, Rule
from crashgate.policy.policy import Policy
from crashgate.policy.switches import Switch
from tests.catalogue import KINDS
from tests.policy.builders import grant, place, policy, question

IOS = place("checkout-ios", "5f1000000000000000000001")
PAYMENTS = place("payments-api", "5f1000000000000000000002")
ACME = place("acme")
GLOBEX = place("globex")
HASH = "ab" * 32
SOURCE = "policies/triage-agent.toml"


def rule(written: Grant, resource: str = "error") -> Rule:
    """The rule that a grant of the triage agent holds on a resource."""
    return Rule.of(written, resource, source=SOURCE)


def answer(asked: Question, *grants: Grant) -> tuple[Effect, Reason, Rule | None]:
    """What decides the question."""
    decision = decide(policy(*grants), asked)
    assert not isinstance(decision.rule, Switch), "nothing is switched off by name"
    return decision.effect, decision.reason, decision.rule


def test_a_grant_that_covers_the_question_allows_it_and_says_why() -> None:
    ios = grant(1, projects=["checkout-ios"], error=Level.WRITE, event=Level.READ)
    eu = grant(2, connection="bugsnag-eu", projects=["*"], error=Level.FULL)

    assert decide(policy(ios, eu), question(Access.WRITE, project=IOS)) == Decision(
        effect=Effect.ALLOW,
        reason=Reason.GRANTED,
        rule=Rule(
            grant=1,
            line=11,
            resource="error",
            level=Level.WRITE,
            source=SOURCE,
            places={PROJECT: ("checkout-ios",)},
        ),
        policy_hash=HASH,
        because="policies/triage-agent.toml, grant 1, gives error = write",
        would_allow="",
        buckets=Buckets(granted=(rule(ios),), elsewhere=(0, 2)),
    )


@pytest.mark.ablation("a level below the access is too low")
def test_a_level_too_low_denies_and_names_the_level_that_it_needs() -> None:
    reads = grant(1, projects=["*"], error=Level.READ)
    writes = grant(2, projects=["checkout-ios"], error=Level.WRITE)

    assert decide(policy(reads, writes), question(Access.DELETE, project=IOS)) == Decision(
        effect=Effect.DENY,
        reason=Reason.LEVEL_TOO_LOW,
        rule=rule(writes),
        policy_hash=HASH,
        because="policies/triage-agent.toml, grant 2, gives error = write, and delete needs full",
        would_allow='write access.error = "full" in policies/triage-agent.toml, grant 2 (line 21)',
        buckets=Buckets(too_low=(rule(reads), rule(writes)), elsewhere=(0,)),
    )


@pytest.mark.ablation("a grant holds in its own places only")
def test_a_place_that_the_grant_does_not_name_is_denied() -> None:
    ios = grant(1, projects=["checkout-ios", "checkout-android"], error=Level.WRITE)

    assert decide(policy(ios), question(Access.WRITE, project=PAYMENTS)) == Decision(
        effect=Effect.DENY,
        reason=Reason.OUTSIDE_SCOPE,
        rule=rule(ios),
        policy_hash=HASH,
        because=(
            "policies/triage-agent.toml, grant 1, gives error = write only in projects checkout-ios, checkout-android"
        ),
        would_allow=(
            "name this place in policies/triage-agent.toml, grant 1,"
            ' or write a grant for it with access.error = "write"'
        ),
        buckets=Buckets(outside=(rule(ios),), elsewhere=(0,)),
    )


def test_without_any_grant_everything_is_denied() -> None:
    assert decide(policy(), question(Access.WRITE, project=IOS)) == Decision(
        effect=Effect.DENY,
        reason=Reason.NO_GRANT,
        rule=None,
        policy_hash=HASH,
        because="no grant of policies/triage-agent.toml gives write on error on connection bugsnag",
        would_allow=('write a grant in policies/triage-agent.toml on connection "bugsnag" with access.error = "write"'),
        buckets=Buckets(elsewhere=(0,)),
    )


@pytest.mark.ablation("an agent without a policy is denied")
def test_an_agent_without_a_policy_is_denied() -> None:
    assert decide(None, question(project=IOS)) == Decision(
        effect=Effect.DENY,
        reason=Reason.UNKNOWN_AGENT,
        rule=None,
        policy_hash=None,
        because="there is no policy for agent triage-agent",
        would_allow='write a policy document with agent = "triage-agent"',
        buckets=Buckets(),
    )


@pytest.mark.ablation("an unknown place allows nothing yet")
def test_while_the_project_is_not_known_the_answer_depends() -> None:
    ios = grant(1, projects=["checkout-ios"], error=Level.WRITE)

    assert decide(policy(ios), question(Access.WRITE)) == Decision(
        effect=Effect.DEPENDS,
        reason=Reason.MAY_DEPEND,
        rule=rule(ios),
        policy_hash=HASH,
        because=(
            "policies/triage-agent.toml, grant 1, gives error = write in projects checkout-ios,"
            " and the place is not known yet"
        ),
        would_allow="",
        buckets=Buckets(may_grant=(rule(ios),), elsewhere=(0,)),
    )


def test_a_star_allows_no_project_before_it_is_known() -> None:
    everywhere = grant(projects=["*"], error=Level.FULL)

    assert answer(question(), everywhere) == (Effect.DEPENDS, Reason.MAY_DEPEND, rule(everywhere))
    assert answer(question(project=IOS), everywhere) == (Effect.ALLOW, Reason.GRANTED, rule(everywhere))


def test_a_grant_holds_for_the_id_and_for_the_slug() -> None:
    by_id = grant(projects=["5f1000000000000000000001"], error=Level.READ)

    assert answer(question(project=IOS), by_id) == (Effect.ALLOW, Reason.GRANTED, rule(by_id))
    assert answer(question(project=PAYMENTS), by_id) == (Effect.DENY, Reason.OUTSIDE_SCOPE, rule(by_id))


def test_every_agent_with_a_policy_may_ask_what_it_may_do() -> None:
    asked = question(resource="access", connection="crashgate", dimension=NOTHING)
    decision = decide(policy(), asked)

    assert (decision.effect, decision.because) == (Effect.ALLOW, "the built-in grant gives access = read")


def test_a_resource_of_organizations_asks_for_the_organization_alone() -> None:
    acme = grant(organizations=["acme"], projects=["checkout-ios"], organization=Level.READ)
    asked = question(resource="organization", organization=ACME, project=PAYMENTS)

    assert answer(asked, acme) == (Effect.ALLOW, Reason.GRANTED, rule(acme, "organization"))
    assert answer(question(resource="organization", organization=GLOBEX), acme) == (
        Effect.DENY,
        Reason.OUTSIDE_SCOPE,
        rule(acme, "organization"),
    )


@pytest.mark.ablation("a wider dimension narrows a grant", "an unknown wider place is asked for unless all are open")
def test_organizations_narrow_a_grant_on_projects() -> None:
    acme = grant(organizations=["acme"], projects=["*"], error=Level.READ)

    assert answer(question(project=IOS, organization=ACME), acme) == (Effect.ALLOW, Reason.GRANTED, rule(acme))
    assert answer(question(project=IOS, organization=GLOBEX), acme) == (Effect.DENY, Reason.OUTSIDE_SCOPE, rule(acme))
    assert answer(question(project=IOS), acme) == (Effect.DEPENDS, Reason.MAY_DEPEND, rule(acme))
    assert answer(question(organization=GLOBEX), acme) == (Effect.DENY, Reason.OUTSIDE_SCOPE, rule(acme))


def test_all_organizations_narrow_nothing_so_the_organization_need_not_be_known() -> None:
    everywhere = grant(organizations=["acme", "*"], projects=["checkout-*"], error=Level.READ)

    assert answer(question(project=IOS), everywhere) == (Effect.ALLOW, Reason.GRANTED, rule(everywhere))


@pytest.mark.ablation("a dimension that a grant does not name")
def test_a_grant_that_does_not_name_the_dimension_of_the_resource_never_holds() -> None:
    nowhere = grant(error=Level.FULL)
    organizations = grant(organizations=["*"], error=Level.FULL)
    nothing_named = Grant(
        index=1, line=1, connection="bugsnag", places={PROJECT: ()}, access={"error": Level.FULL}, lines={"error": 1}
    )

    for written in (nowhere, organizations, nothing_named):
        assert answer(question(project=IOS, organization=ACME), written)[:2] == (Effect.DENY, Reason.OUTSIDE_SCOPE)
        assert answer(question(), written)[:2] == (Effect.DENY, Reason.OUTSIDE_SCOPE)


@pytest.mark.ablation(
    "a level off overrides every grant", "a grant of off is an off", "an off in one dimension hits only where both hit"
)
def test_off_beats_every_other_grant_where_it_holds() -> None:
    full = grant(1, projects=["*"], error=Level.FULL)
    off = grant(2, projects=["payments-*"], error=Level.OFF)

    assert answer(question(project=IOS), full, off) == (Effect.ALLOW, Reason.GRANTED, rule(full))
    assert answer(question(project=PAYMENTS), full, off) == (Effect.DENY, Reason.SWITCHED_OFF, rule(off))
    assert answer(question(project=PAYMENTS), off, full)[:2] == (Effect.DENY, Reason.SWITCHED_OFF)
    assert answer(question(), full, off) == (Effect.DEPENDS, Reason.MAY_DEPEND, rule(full))


def test_off_says_what_would_have_to_change() -> None:
    full = grant(1, projects=["*"], error=Level.FULL)
    off = grant(2, projects=["payments-*"], error=Level.OFF)
    asked = question(project=PAYMENTS)

    both, alone = decide(policy(full, off), asked), decide(policy(off), asked)

    assert both.because == "policies/triage-agent.toml, grant 2, gives error = off, and off overrides every other grant"
    assert both.would_allow == 'take access.error = "off" out of policies/triage-agent.toml, grant 2 (line 21)'
    assert alone.would_allow == f'{both.would_allow}, and grant access.error = "read" there'


@pytest.mark.ablation("an off hits the examples of a pattern")
def test_off_denies_without_a_place_when_it_covers_every_place_that_is_granted() -> None:
    some = grant(1, projects=["checkout-ios", "checkout-web"], error=Level.WRITE)
    covers = grant(2, projects=["checkout-*"], error=Level.OFF)
    more = grant(3, projects=["payments-*"], error=Level.READ)

    assert answer(question(), some, covers) == (Effect.DENY, Reason.SWITCHED_OFF, rule(covers))
    assert answer(question(), some, covers, more) == (Effect.DEPENDS, Reason.MAY_DEPEND, rule(more))


def test_off_in_all_organizations_covers_a_grant_that_names_none() -> None:
    ios = grant(1, projects=["checkout-ios"], error=Level.READ)
    off = grant(2, organizations=["*"], projects=["checkout-*"], error=Level.OFF)

    assert answer(question(), ios, off) == (Effect.DENY, Reason.SWITCHED_OFF, rule(off))


def test_off_for_an_organization_holds_whatever_projects_its_grant_names() -> None:
    acme = grant(1, organizations=["acme"], organization=Level.READ)
    off = grant(2, organizations=["acme"], projects=["checkout-ios"], organization=Level.OFF)

    for asked in (question(resource="organization"), question(resource="organization", organization=ACME)):
        assert answer(asked, acme, off) == (Effect.DENY, Reason.SWITCHED_OFF, rule(off, "organization"))


@pytest.mark.ablation("an off that may hold stops an allow")
def test_off_in_one_organization_asks_for_the_organization_of_a_known_project() -> None:
    full = grant(1, projects=["*"], error=Level.FULL)
    off = grant(2, organizations=["globex"], projects=["*"], error=Level.OFF)

    assert answer(question(project=IOS), full, off) == (Effect.DEPENDS, Reason.MAY_DEPEND, rule(full))
    assert answer(question(project=IOS, organization=ACME), full, off) == (Effect.ALLOW, Reason.GRANTED, rule(full))
    assert answer(question(project=IOS, organization=GLOBEX), full, off) == (
        Effect.DENY,
        Reason.SWITCHED_OFF,
        rule(off),
    )


@pytest.mark.ablation("a grant is on its own connection only")
def test_a_grant_on_another_connection_gives_nothing_here() -> None:
    elsewhere = grant(connection="bugsnag-eu", projects=["*"], error=Level.FULL)

    assert answer(question(project=IOS), elsewhere) == (Effect.DENY, Reason.NO_GRANT, None)


def _put_a_list(kind: Dimension, asked: Question) -> None:
    object.__setattr__(asked, "places", {**asked.places, kind: ["checkout-ios"]})


BREAKS: dict[str, Callable[[Question], None]] = {
    "agent": lambda asked: object.__setattr__(asked, "agent", "another-agent"),
    "connection": lambda asked: object.__setattr__(asked, "connection", EqualsEverything()),
    "resource": lambda asked: object.__setattr__(asked, "resource", EqualsEverything()),
    "access": lambda asked: object.__setattr__(asked, "access", "read"),
    "lax access": lambda asked: object.__setattr__(asked, "access", SimpleNamespace(least_level=Level.OFF)),
    "dimension": lambda asked: object.__setattr__(asked, "dimension", "nothing"),
    "parameters": lambda asked: object.__setattr__(asked, "parameters", ["filters"]),
    "parameter": lambda asked: object.__setattr__(asked, "parameters", frozenset({EqualsEverything()})),
    **{str(kind): partial(_put_a_list, kind) for kind in KINDS},
    "places": lambda asked: object.__setattr__(asked, "places", [*asked.places.items()]),
    "kind of place": lambda asked: object.__setattr__(asked, "places", {**asked.places, "projects": place("b")}),
    "names": lambda asked: object.__setattr__(asked.places[PROJECT], "names", ["checkout-ios"]),
    "name": lambda asked: object.__setattr__(asked.places[PROJECT], "names", frozenset({EqualsEverything()})),
    "missing": lambda asked: object.__delattr__(asked, "places"),
}


@pytest.mark.ablation(
    "a lookalike of a question is refused",
    "a policy decides for its own agent only",
    "a place in a question is a set of plain names",
    "the words of a question are plain text",
    "an access in a question is the catalogue's",
    "the parameters in a question are plain",
)
@pytest.mark.threats(33)
@pytest.mark.parametrize("break_it", BREAKS.values(), ids=BREAKS)
def test_a_question_that_is_not_what_it_seems_is_denied(break_it: Callable[[Question], None]) -> None:
    asked = question(project=place("checkout-ios"))
    held = policy(grant(projects=["*"], error=Level.FULL))
    assert decide(held, asked).effect is Effect.ALLOW

    break_it(asked)
    decision = decide(held, asked)

    assert (decision.effect, decision.reason, decision.rule) == (Effect.DENY, Reason.INTERNAL, None)
    assert (decision.policy_hash, decision.buckets) == (HASH, Buckets())


@pytest.mark.ablation("an error inside the decision denies")
@pytest.mark.threats(33)
def test_an_error_inside_the_decision_denies_and_names_its_kind() -> None:
    odd: Any = {PROJECT: (7,)}
    broken = policy(Grant(index=1, line=1, connection="bugsnag", places=odd, access={"error": Level.FULL}, lines={}))

    assert decide(broken, question(project=IOS)) == Decision(
        effect=Effect.DENY,
        reason=Reason.INTERNAL,
        rule=None,
        policy_hash=HASH,
        because="deciding failed (TypeError)",
        would_allow="report this: it is a defect of crashgate, and no policy can fix it",
        buckets=Buckets(),
    )


class EqualsEverything(str):
    """A text that says it is equal to every other."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash("error")

    def startswith(self, *_: object) -> bool:
        return True


class NoPolicy(Policy):
    """A subclass could answer anything."""


@pytest.mark.ablation("a policy is of its very class")
@pytest.mark.threats(33)
def test_what_only_looks_like_a_policy_a_question_or_a_place_is_denied() -> None:
    held = policy(grant(projects=["*"], error=Level.FULL))
    fields = {name: getattr(held, name) for name in ("agent", "about", "owner", "source", "hash", "grants")}

    class MyPlace(Place):
        """A subclass could answer anything."""

    assert decide(NoPolicy(**fields), question(project=IOS)).reason is Reason.INTERNAL
    assert decide(held, question(project=MyPlace(names=frozenset({"a"})))).reason is Reason.INTERNAL
    lookalike = SimpleNamespace(**{name: getattr(question(project=IOS), name) for name in Question.__slots__})
    assert decide(held, lookalike).reason is Reason.INTERNAL  # type: ignore[arg-type]  # forbidden on purpose - forbidden on purpose
    assert decide(held, object()).reason is Reason.INTERNAL  # type: ignore[arg-type]  # forbidden on purpose - forbidden on purpose
    assert decide(None, object()).reason is Reason.INTERNAL  # type: ignore[arg-type]  # forbidden on purpose - forbidden on purpose
