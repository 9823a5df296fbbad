"""100,000 questions on drawn policies, answered by crashgate and by Cedar. Rule: one difference ends it, and is shown.

``python -m benchmarks.differential [QUESTIONS]``. Every run draws anew; ``make test`` asks the same 2,000 each time.
"""

import platform
import sys
import time
from collections import Counter
from importlib.metadata import version

from hypothesis import HealthCheck, given, settings

from tests.policy.cases import QUESTIONS, Case, cases, ours, theirs

USUAL = 100_000


def main() -> None:
    """Ask until there were enough, then say how many were allowed."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else USUAL
    answers: Counter[bool] = Counter()

    @settings(
        max_examples=-(-wanted // QUESTIONS),
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.nested_given],
    )
    @given(cases())
    def ask(case: Case) -> None:
        mine, other = ours(case), theirs(case)
        answers.update(mine)
        if mine != other:
            question = next(asked for asked, one, two in zip(case.questions, mine, other, strict=True) if one != two)
            raise SystemExit(f"crashgate and Cedar differ on {question} with {case.policies}")

    started = time.perf_counter()
    ask()
    seconds = time.perf_counter() - started
    print(f"{platform.python_implementation()} {platform.python_version()}, cedarpy {version('cedarpy')}")
    print(f"{answers.total()} questions, {answers[True]} allowed, no difference, {seconds:.0f} s")


if __name__ == "__main__":
    main()
