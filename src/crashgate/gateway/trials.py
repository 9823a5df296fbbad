"""What trial mode let through, told to the operator. Rule: loudly at the first, and again at every hundredth.

Each has its own line in the decision log. Rows that a policy drops from a call which it allows stay dropped in trial
mode too: they were never asked for by name, and the outcome counts them.
"""

import logging
from collections import Counter

from crashgate.gateway.ruling import Ruling

_EVERY = 100
_log = logging.getLogger(__name__)


class Trials:
    """Counts, for each agent, the calls that its policy refuses and trial mode let through, in this process."""

    def __init__(self) -> None:
        self._seen = Counter[str]()

    def note(self, agent: str, ruling: Ruling) -> None:
        """One more call of the agent, if trial mode let it through."""
        if not ruling.observed:
            return
        self._seen[agent] += 1
        count = self._seen[agent]
        if count == 1 or count % _EVERY == 0:
            _log.warning(
                "TRIAL MODE: the policy of %s is not obeyed (mode = observe). %d %s let through that it refuses,"
                " the last because %s. `crashgate log search --decision observed --agent %s` tells them all.",
                agent,
                count,
                "call was" if count == 1 else "calls were",
                ruling.because,
                agent,
            )
