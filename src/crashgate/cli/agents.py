"""The agents that crashgate's own commands ask as. Rule: no policy document of the operator speaks of them.

The decision log names them; each asks under a policy that its command brings along.

An agent that an operator named. Rule: one without a policy is an error that says who has one.
"""

from typing import TYPE_CHECKING, Final

from crashgate.errors import ConfigurationError, PolicyDocumentError

if TYPE_CHECKING:
    from crashgate.policy.policy import Policy, PolicySet

POLICY_INIT: Final = "policy-init"
CONNECTIONS_CHECK: Final = "connections-check"
PROJECT_KEY: Final = "project-key"
OWN_AGENTS: Final = frozenset({POLICY_INIT, CONNECTIONS_CHECK, PROJECT_KEY})


_LONGEST = 64


def known(policies: "PolicySet", agent: str) -> "Policy":
    """The policy of an agent. Raises ConfigurationError with what is wrong with it, or with the agents there are."""
    found = policies.get(agent)
    if found is None and agent in policies.broken:
        raise PolicyDocumentError(policies.broken[agent])
    if found is None:
        name = agent[:_LONGEST]
        raise ConfigurationError(
            f"There is no policy for agent {name}.",
            why=f"There are policies for: {', '.join(policies) or 'nobody'}.",
            remedy=f"Name one of these, or write the document {name}.toml.",
        )
    return found
