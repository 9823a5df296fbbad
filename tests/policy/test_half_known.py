"""A place of which one name is known: whatever is answered, the gate, which knows both, answers too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.model.access import Access, Level
from crashgate.model.scope import PROJECT
from crashgate.policy.decide import decide
from crashgate.policy.decision import Effect, Place, Question
from tests.policy.builders import RESOURCES, grant, known, policy

ID, OTHER_ID = "5f0123456789abcdef012345", "a" * 24
SLUGS = ("checkout-ios", "checkout-android", "abc", "5f-tools")
NAMES = (
    ID, OTHER_ID, *SLUGS, "*", "checkout-*", "*-ios", "5f*", "*345", "a*", "*a*", "*b*c*", "5f0123456789abcdef01234*"
)  # fmt: skip
PATTERNS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)
PLACES = st.tuples(st.sampled_from([ID, OTHER_ID]), st.sampled_from([None, *SLUGS, OTHER_ID]))


def _question(resource: str, access: Access, organization: Place | None, project: Place | None) -> Question:
    return Question(
        agent="triage-agent",
        connection="bugsnag",
        operation="",
        resource=resource,
        access=access,
        dimension=RESOURCES[resource],
        places=known(organization, project),
    )


@st.composite
def _halves(draw: st.DrawFn) -> tuple[Place, Place]:
    """A place as the gate knows it, and by one of its names."""
    identifier, slug = draw(PLACES)
    whole = Place.known_as(identifier, slug)
    return whole, Place.named(draw(st.sampled_from(sorted(whole.names))))


@given(
    grants=st.lists(
        st.tuples(
            st.none() | PATTERNS, st.none() | PATTERNS, st.sampled_from(list(Level)), st.sampled_from(list(Level))
        ),
        max_size=4,
    ),
    resource=st.sampled_from(["organization", "error"]),
    access=st.sampled_from(list(Access)),
    places=st.tuples(_halves(), _halves(), st.booleans()),
)
def test_by_one_name_it_never_says_what_the_gate_would_not(
    grants: list[tuple[list[str] | None, list[str] | None, Level, Level]],
    resource: str,
    access: Access,
    places: tuple[tuple[Place, Place], tuple[Place, Place], bool],
) -> None:
    # Guards: "unknown" in fit for what is not whole, its candidates, and that such an answer is not kept.
    organization, project, known = places
    rules = [
        grant(number, organizations=around, projects=own, organization=wider, error=level)
        for number, (around, own, wider, level) in enumerate(grants, start=1)
    ]
    ours = policy(*rules)
    half = decide(ours, _question(resource, access, organization[1] if known else None, project[1]))
    gate = decide(ours, _question(resource, access, organization[0], project[0]))

    assert half.effect in {Effect.DEPENDS, gate.effect}


@pytest.mark.ablation("a place of one known name is not taken for the whole")
@pytest.mark.parametrize(
    ("granted", "off", "asked", "effect"),
    [
        (["checkout-ios"], [], ID, Effect.DEPENDS),
        ([ID], [], "checkout-ios", Effect.DEPENDS),
        (["checkout-*"], [], ID, Effect.DEPENDS),
        (["*"], [ID], "checkout-ios", Effect.DEPENDS),
        (["*"], ["checkout-ios"], ID, Effect.DEPENDS),
        (["*"], ["checkout-*"], ID, Effect.DEPENDS),
        (["*"], ["5f*"], "checkout-ios", Effect.DEPENDS),
        (["checkout-ios"], ["checkout-ios"], "checkout-ios", Effect.DENY),
        ([ID], [ID], "checkout-ios", Effect.DENY),
        (["checkout-ios"], [], "checkout-ios", Effect.ALLOW),
        ([ID], [], ID, Effect.ALLOW),
        ([ID], [], OTHER_ID, Effect.DENY),
        (["checkout-*"], [], "payments-api", Effect.DENY),
        (["*"], ["payments-*"], "checkout-ios", Effect.ALLOW),
        (["*"], [], ID, Effect.ALLOW),
    ],
)
def test_it_depends_only_where_the_other_name_can_matter(
    granted: list[str], off: list[str], asked: str, effect: Effect
) -> None:
    rules = [grant(1, projects=granted, error=Level.FULL)]
    if off:
        rules.append(grant(2, projects=off, error=Level.OFF))
    question = _question("error", Access.READ, None, Place.named(asked))

    assert question.dimension is PROJECT
    assert decide(policy(*rules), question).effect is effect
