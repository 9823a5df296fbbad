"""What a server serves of the policies: it narrows them, and never widens one."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.errors import ConfigurationError
from crashgate.model.access import Access, Level
from crashgate.policy.decide import decide, lets_through
from crashgate.policy.decision import Buckets, Decision, Effect, Question, Reason
from crashgate.policy.policy import Mode, Policy
from crashgate.policy.serving import ALL, Serving, serve_groups
from tests.catalogue import CATALOGUE
from tests.policy.builders import grant, place, policies, policy, question, questions

IOS = place("checkout-ios")
CONNECTIONS: Mapping[str, str] = {"bugsnag": "bugsnag", "bugsnag-eu": "bugsnag", "sessions": "devrev"}


def serve(*groups: str, read_only: bool = False) -> Serving:
    return serve_groups(groups, read_only=read_only, connections=CONNECTIONS, catalogue=CATALOGUE)


@pytest.mark.ablation("what the server does not serve is denied")
def test_what_is_not_served_is_denied_and_says_how_the_server_was_started() -> None:
    held = replace(policy(grant(projects=["*"], error=Level.FULL)), serving=serve("errors", "projects", read_only=True))

    assert decide(held, question(Access.READ, project=IOS)).effect is Effect.ALLOW
    assert decide(held, question(Access.WRITE, project=IOS)) == Decision(
        effect=Effect.DENY,
        reason=Reason.NOT_SERVED,
        rule=None,
        policy_hash=held.hash,
        because="this server serves --tools errors,projects --read-only",
        would_allow="start the server without --tools errors,projects --read-only, or with more groups of tools",
        buckets=Buckets(),
    )


@st.composite
def servings(draw: st.DrawFn) -> Serving:
    """Any options that a server can be started with."""
    groups = draw(st.lists(st.sampled_from(["errors", "releases", "projects", "sessions"])))
    return serve(*groups, read_only=draw(st.booleans()))


@pytest.mark.ablation("what the server does not serve is denied")
@given(policies(), questions(), servings())
def test_serving_less_allows_nothing_more(held: Policy, asked: Question, serving: Serving) -> None:
    whole, part = (decide(each, asked) for each in (held, replace(held, serving=serving)))

    assert part == whole or (part.effect, part.reason) == (Effect.DENY, Reason.NOT_SERVED)
    assert (part.reason is Reason.NOT_SERVED) == serving.leaves_out(asked)


@given(questions())
def test_observe_mode_does_not_let_through_what_is_not_served(asked: Question) -> None:
    tried = replace(policy(mode=Mode.OBSERVE), serving=serve("releases", read_only=True))
    decision = decide(tried, asked)

    assert decision.reason is Reason.NOT_SERVED
    assert not lets_through(tried, asked, decision)


def test_groups_are_a_few_plain_words() -> None:
    every = {
        provider.group_of(operation.resource)
        for provider in CATALOGUE.providers.values()
        for operation in provider.operations
        if provider.name != "crashgate"
    }

    assert len(every) <= 6
    assert {"errors", "releases", "projects", "sessions"} <= every
    assert all(group.isalpha() and group.islower() for group in every)


def test_no_options_serve_all() -> None:
    assert serve() == ALL


def test_a_word_that_is_no_group_is_told() -> None:
    with pytest.raises(ConfigurationError) as told:
        serve("error")

    assert str(told.value).startswith("--tools: unknown group of tools `error`; did you mean `errors`?.")
