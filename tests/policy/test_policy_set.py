from dataclasses import replace

import pytest

from crashgate.errors import PolicyDocumentError, Problem
from crashgate.policy.policy import PolicySet
from tests.policy.builders import policy


def test_a_set_gives_each_agent_its_policy_by_name() -> None:
    first, second = policy(agent="b"), policy(agent="a")

    found = PolicySet([first, second])

    assert list(found) == ["a", "b"]
    assert (found["b"], found.get("c")) == (first, None)
    assert found == {"a": second, "b": first}


@pytest.mark.threats(30)
def test_two_documents_for_one_agent_are_refused_and_both_named() -> None:
    other = replace(policy(agent="a"), source="more/a.toml")

    with pytest.raises(PolicyDocumentError) as caught:
        PolicySet([policy(agent="a"), policy(agent="b"), other])

    assert caught.value.problems == (
        Problem(source="more/a.toml", line=1, text="agent `a` already has a policy, in policies/a.toml"),
    )
