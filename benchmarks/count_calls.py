"""What one warm ``list_errors`` of thirty rows passes, counted: calls, and our functions, files and types.

Run ``python -m benchmarks.count_calls``. The toolbox is asked in memory, before a played upstream, as the tests do it.
"""

import asyncio
import sys
from dataclasses import dataclass
from types import FrameType

from tests.gate.gate import IOS, ok, open_gate, policy

GRANT = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\naccess.error = "read"\n'


ROWS = 30


def _error(number: int) -> dict[str, object]:
    return {
        "id": f"{number:024x}",
        "project_id": IOS.id,
        "error_class": "NSRangeException",
        "message": f"index {number} beyond bounds [0 .. 2] of the items in the basket",
        "context": "BasketViewController",
        "severity": "error",
        "status": "open",
        "events": 300 - number,
        "users": 30,
        "first_seen": "2026-11-01T08:00:00.000Z",
        "last_seen": "2026-11-20T15:30:00.000Z",
        "release_stages": ["production"],
        "linked_issues": [],
        "url": f"https://api.bugsnag.com/projects/{IOS.id}/errors/{number:024x}",
    }


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Counts for one call that is like others before it."""

    all_calls: int
    """Calls of Python and C functions, whoever wrote them."""

    own_calls: int
    """Calls of functions of ``crashgate``."""

    functions: int
    files: int
    types: int
    """Types of ours with a method that was called."""


async def count() -> Counts:
    """Count one call, after three that warm it up."""
    gate = open_gate(policy(GRANT))
    gate.upstream.answers[f"/projects/{IOS.id}/errors"] = lambda _: ok([_error(number) for number in range(ROWS)])
    for _ in range(3):
        await gate.call("list_errors", {"project_id": "checkout-ios"})
    all_calls = own_calls = 0
    functions, types = set[str](), set[str]()

    def note(frame: FrameType, event: str, _: object) -> None:
        nonlocal all_calls, own_calls
        if event in {"call", "c_call"}:
            all_calls += 1
        module = str(frame.f_globals.get("__name__", ""))
        if event != "call" or not module.startswith("crashgate."):
            return
        own_calls += 1
        functions.add(f"{module}:{frame.f_code.co_qualname}")
        if "self" in frame.f_locals:
            types.add(type(frame.f_locals["self"]).__qualname__)

    sys.setprofile(note)
    try:
        await gate.call("list_errors", {"project_id": "checkout-ios"})
    finally:
        sys.setprofile(None)
    return Counts(
        all_calls=all_calls,
        own_calls=own_calls,
        functions=len(functions),
        files=len({each.partition(":")[0] for each in functions}),
        types=len(types),
    )


def main() -> None:
    """Print the counts."""
    counts = asyncio.run(count())
    sys.stdout.write(
        f"{counts.own_calls} calls of {counts.functions} functions in {counts.files} files, methods of "
        f"{counts.types} types; {counts.all_calls} calls with those of Python's and other packages\n"
    )


if __name__ == "__main__":
    main()
