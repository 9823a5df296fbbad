"""The policy that ``policy init`` writes."""

from collections.abc import Mapping, Sequence

import pytest

from crashgate.cli.tool_question import could_allow
from crashgate.model.access import Level
from crashgate.model.scope import APP, PLATFORM, PROJECT, Dimension
from crashgate.policy.document import load
from crashgate.policy.policy import Policy, Vocabulary
from crashgate.policy.review.lint import lint
from crashgate.policy.review.starter import first_policy
from tests.catalogue import CATALOGUE, KINDS, RESOURCES, UPSTREAMS

CONNECTIONS = {provider: provider for provider in UPSTREAMS}
VOCABULARY = Vocabulary(
    catalogue=CATALOGUE, connections={name: RESOURCES[provider] for name, provider in CONNECTIONS.items()}
)


def first(places: Mapping[Dimension, Sequence[str]]) -> Policy:
    text = first_policy("new-agent", "team@example.com", dict.fromkeys(CONNECTIONS, places), VOCABULARY, CONNECTIONS)
    return load(text, source="policies/new-agent.toml", vocabulary=VOCABULARY)


@pytest.mark.parametrize("named", [(), (PROJECT,), (APP, PLATFORM), KINDS])
def test_it_loads_and_gives_reading_only_in_the_places_that_were_named(named: Sequence[Dimension]) -> None:
    policy = first(dict.fromkeys(named, ("one", "two")))

    levels = {level for grant in policy.grants for level in grant.access.values()}
    places = {(dimension, names) for grant in policy.grants for dimension, names in grant.places.items()}
    assert levels == {Level.READ}
    assert {dimension for dimension, _ in places} <= set(named)
    assert {names for _, names in places} <= {("one", "two")}


def test_it_leaves_no_warning_behind() -> None:
    policy = first(dict.fromkeys(KINDS, ("one",)))

    assert lint(policy, VOCABULARY, CONNECTIONS, could_allow) == ()


def test_what_nothing_reads_is_not_granted() -> None:
    text = first_policy("new-agent", "me", {}, VOCABULARY, CONNECTIONS)

    assert f'connection = "{"bugsnag-sessions"}"' not in text
    assert 'access.crash = "read"' in text


def test_a_platform_is_kept_where_no_app_is_named_yet() -> None:
    places = {PLATFORM: ("ios",)}

    assert '# platforms = ["ios"]\n# apps = []\n' in first_policy(
        "new-agent", "me", dict.fromkeys(CONNECTIONS, places), VOCABULARY, CONNECTIONS
    )
