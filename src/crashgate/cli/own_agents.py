"""The agents that crashgate's own commands ask as. Rule: no policy document of the operator speaks of them.

The decision log names them; each asks under a policy that its command brings along.
"""

from typing import Final

POLICY_INIT: Final = "policy-init"
CONNECTIONS_CHECK: Final = "connections-check"
OWN_AGENTS: Final = frozenset({POLICY_INIT, CONNECTIONS_CHECK})
