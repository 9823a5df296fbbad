"""Policies and questions for the comparison with Cedar: every dimension, switches by name, places known or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from crashgate.gate.plan import ask
from crashgate.model.access import Access, Level
from crashgate.model.operation import AnyOperation
from crashgate.model.scope import (
    APP,
    ENVIRONMENT,
    NOTHING,
    ORGANIZATION,
    PROJECT,
    Anywhere,
    AppNamed,
    AppOfObject,
    Dimension,
    EnvironmentNamed,
    OrganizationNamed,
    ProjectNamed,
)
from crashgate.policy.decision import Effect, Place, Question
from crashgate.policy.grants import Grant
from crashgate.policy.policy import Policy, Vocabulary
from crashgate.policy.review import cedar
from crashgate.policy.switches import Switch, Switches
from tests.catalogue import CATALOGUE, KINDS
from tests.catalogue import OPERATIONS as REAL_OPERATIONS
from tests.policy import cedar_engine
from tests.policy.builders import policy

RESOURCES: Mapping[str, Dimension] = {
    "organization": ORGANIZATION,
    "error": PROJECT,
    "trace": ENVIRONMENT,
    "capture": APP,
    "status": NOTHING,
}
VOCABULARY = Vocabulary(catalogue=CATALOGUE, connections={"one": RESOURCES, "two": RESOURCES})
OPERATIONS = ("one.list", "one.get")
PARAMETERS = ("filters", "sort")
LEVELS = (*Level, Level.WRITE, Level.FULL, Level.FULL)
AGENTS = ("first", "second", "third")
QUESTIONS = 20
"""For each drawn set of policies; reading policies is what takes Cedar's time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """The policies of a few agents, and what is asked of them."""

    policies: Mapping[str, Policy]
    questions: Sequence[Question]


_PATTERNS = ("*", "*", "a*", "*b", "a", "b", "ab", "*a*", "a*b", "*")
_NAMES = ("a", "b", "ab", "ba", "aab", "c")
_MOST_GRANTS = 4


def cases() -> st.SearchStrategy[Case]:
    """Policies for up to three agents, and questions to them and to an agent without one.

    Drawn as one number each: drawing every choice by itself takes most of the time, and favours what is empty.
    """
    return st.integers(0, 2**64 - 1).map(_case)


def _case(seed: int) -> Case:
    dice = Random(seed)  # noqa: S311 - no secret: the same number makes the same case again
    agents = AGENTS[: dice.randint(1, len(AGENTS))]
    held = {agent: _policy(dice, agent) for agent in agents}
    asked = [_question(dice, [*agents, *agents, *agents, "nobody"]) for _ in range(QUESTIONS)]
    return Case(policies=held, questions=asked)


def _policy(dice: Random, agent: str) -> Policy:
    grants = [_grant(dice, index) for index in range(1, dice.randint(1, _MOST_GRANTS) + 1)]
    switches = tuple(
        Switch(
            operation=dice.choice(OPERATIONS),
            parameter=dice.choice([None, *PARAMETERS]),
            line=1,
            source=f"policies/{agent}.toml",
        )
        for _ in range(dice.choice([0, 0, 1]))
    )
    return policy(*grants, agent=agent, off=Switches(all=switches))


def _grant(dice: Random, index: int) -> Grant:
    named = [dimension for dimension in KINDS if dice.randrange(4)]
    places = {each: tuple(dice.choices(_PATTERNS, k=dice.randint(1, 2))) for each in named}
    resources = dice.sample(sorted(RESOURCES), k=dice.randint(2, len(RESOURCES)))
    return Grant(
        index=index,
        line=index,
        connection=dice.choice(["one", "one", "one", "two"]),
        access={resource: dice.choice(LEVELS) for resource in resources},
        lines={},
        places=places,
    )


def _question(dice: Random, agents: Sequence[str]) -> Question:
    resource = dice.choice(sorted(RESOURCES))
    dimension = RESOURCES[resource]
    asked = Question(
        agent=dice.choice(agents),
        connection=dice.choice(["one", "one", "one", "two", "three"]),
        operation=dice.choice(OPERATIONS),
        resource=resource,
        access=dice.choice(list(Access)),
        dimension=dimension,
        parameters=frozenset(dice.sample(PARAMETERS, k=dice.randint(0, len(PARAMETERS)))),
    )
    around = [] if dimension.wider is None else [dimension.wider]
    own = [] if dimension is NOTHING else [dimension]
    return asked.at({each: _place(dice) for each in (*own, *around)})


def _place(dice: Random) -> Place | None:
    """One or two names; one time in six nobody knows it."""
    return Place(names=frozenset(dice.sample(_NAMES, k=dice.randint(1, 2)))) if dice.randrange(6) else None


def ours(case: Case) -> list[bool]:
    """What is allowed, as the plan of a call says, whichever operation asks that names such a place."""
    answers = [_answers(case, asked) for asked in case.questions]
    assert all(len(each) == 1 for each in answers), "two operations that name the same place got different answers"
    return [allowed for (allowed,) in answers]


def _answers(case: Case, asked: Question) -> set[bool]:
    held = case.policies.get(asked.agent)
    return {
        ask(held, each, asked).effect is Effect.ALLOW for (kind, _), each in CALLED.items() if kind is asked.dimension
    }


SCOPES = (Anywhere, OrganizationNamed, ProjectNamed, EnvironmentNamed, AppNamed, AppOfObject)
"""The scopes of operations whose call names the place."""

CALLED: Mapping[tuple[Dimension, type], AnyOperation] = {
    (each.scope.dimension, type(each.scope)): each
    for each in REAL_OPERATIONS
    if isinstance(each.scope, SCOPES) and each.resource not in RESOURCES
}
"""For each kind of place and each such scope an operation; the question says the rest.

Of other resources than are asked about: nothing is put in where a place is not known."""


def theirs(case: Case) -> list[bool]:
    """What is allowed, as Cedar decides on the exported text."""
    text = cedar.policies(case.policies.values(), VOCABULARY)
    return cedar_engine.allowed([cedar.request(asked) for asked in case.questions], text)
