"""Policies and questions for tests, and the strategies that draw them."""

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from crashgate.model.access import Access, Level
from crashgate.model.scope import NOTHING, ORGANIZATION, PROJECT, Dimension
from crashgate.policy.decision import Place, Question
from crashgate.policy.document import load
from crashgate.policy.grants import BUILT_IN, Grant
from crashgate.policy.limits import Approval
from crashgate.policy.policy import Mode, Policy, Vocabulary
from crashgate.policy.switches import Switches
from tests.catalogue import CATALOGUE

RESOURCES: Mapping[str, Dimension] = {
    "organization": ORGANIZATION,
    "project": PROJECT,
    "error": PROJECT,
    "event": PROJECT,
    "status": NOTHING,
}
VOCABULARY = Vocabulary(catalogue=CATALOGUE, connections={"bugsnag": RESOURCES, "bugsnag-eu": RESOURCES})
SOURCE = "policies/triage-agent.toml"
HEAD = 'agent = "triage-agent"\nabout = "Reads crashes."\nowner = "mobile@example.com"\n'
"""Three lines, so what follows starts on line 4."""


def loaded(body: str) -> Policy:
    """The triage agent's policy with these grants."""
    return load(HEAD + body, source=SOURCE, vocabulary=VOCABULARY)


def grant(
    index: int = 1,
    *,
    connection: str = "bugsnag",
    organizations: Sequence[str] | None = None,
    projects: Sequence[str] | None = None,
    **access: Level,
) -> Grant:
    """A grant whose lines are ten times its index."""
    return Grant(
        index=index,
        line=index * 10,
        connection=connection,
        places=written(organizations, projects),
        access=access,
        lines={resource: index * 10 + number for number, resource in enumerate(access, start=1)},
    )


def written(
    organizations: Sequence[str] | None = None, projects: Sequence[str] | None = None
) -> dict[Dimension, tuple[str, ...]]:
    """What a grant names of the two, as it holds it."""
    named = {ORGANIZATION: organizations, PROJECT: projects}
    return {kind: tuple(patterns) for kind, patterns in named.items() if patterns is not None}


def known(organization: Place | None = None, project: Place | None = None) -> dict[Dimension, Place]:
    """The places of a question that are known."""
    named = {ORGANIZATION: organization, PROJECT: project}
    return {kind: place for kind, place in named.items() if place is not None}


def policy(
    *grants: Grant,
    agent: str = "triage-agent",
    mode: Mode = Mode.ENFORCE,
    off: Switches = Switches(),  # noqa: B008 - a frozen value
    approval: Approval = Approval(),  # noqa: B008 - a frozen value
) -> Policy:
    """A policy as the loader would build it."""
    return Policy(
        agent=agent,
        about="Reads crashes.",
        owner="mobile@example.com",
        source=f"policies/{agent}.toml",
        hash="ab" * 32,
        grants=(BUILT_IN, *grants),
        mode=mode,
        off=off,
        approval=approval,
    )


def place(*names: str) -> Place:
    """A place with these names."""
    return Place(names=frozenset(names))


def question(
    access: Access = Access.READ,
    resource: str = "error",
    *,
    organization: Place | None = None,
    project: Place | None = None,
    connection: str = "bugsnag",
    agent: str = "triage-agent",
    dimension: Dimension | None = None,
    parameters: frozenset[str] = frozenset(),
) -> Question:
    """A question; the dimension is the resource's own unless it is given."""
    return Question(
        agent=agent,
        connection=connection,
        operation=f"bugsnag.{resource}.{access}",
        resource=resource,
        access=access,
        dimension=dimension or RESOURCES.get(resource, PROJECT),
        places=known(organization, project),
        parameters=parameters,
    )


# Two letters and "*": short enough that every name that matters can be tried, and rich enough to overlap.
patterns = st.text("ab*", min_size=1, max_size=3)
pattern_lists = st.none() | st.lists(patterns, min_size=1, max_size=2).map(tuple)
names = st.text("abc", min_size=1, max_size=3)
places = st.none() | st.frozensets(names, min_size=1, max_size=2).map(lambda found: Place(names=found))
resources = st.sampled_from(["organization", "error", "status"])


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Up to four grants over three resources and two connections, as overlapping as can be."""
    grants = [
        Grant(
            index=index,
            line=index,
            connection=draw(st.sampled_from(["bugsnag", "bugsnag", "bugsnag-eu"])),
            places=written(draw(pattern_lists), draw(pattern_lists)),
            access=draw(st.dictionaries(resources, st.sampled_from(Level), min_size=1)),
            lines={},
        )
        for index in range(1, draw(st.integers(0, 4)) + 1)
    ]
    return policy(*grants)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Any question that the catalogue could ask, with places known or not."""
    return question(
        draw(st.sampled_from(Access)),
        draw(resources),
        organization=draw(places),
        project=draw(places),
        connection=draw(st.sampled_from(["bugsnag", "bugsnag-eu", "devrev"])),
    )
