"""How many functions, files and types of ours one warm ``list_errors`` passes: counts, not times.

Run ``python -m benchmarks.count_calls``. The toolbox is asked in memory, before a played upstream, as the tests do it.
"""

import asyncio
import sys
from types import FrameType

from tests.gate.gate import open_gate, policy

GRANT = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\naccess.error = "read"\n'


async def count() -> tuple[int, int, int, int]:
    """Calls, functions, files and types of one call that is like others before it."""
    gate = open_gate(policy(GRANT))
    for _ in range(3):
        await gate.call("list_errors", {"project_id": "checkout-ios"})
    calls = 0
    functions, types = set[str](), set[str]()

    def note(frame: FrameType, event: str, _: object) -> None:
        nonlocal calls
        module = str(frame.f_globals.get("__name__", ""))
        if event != "call" or not module.startswith("crashgate."):
            return
        calls += 1
        functions.add(f"{module}:{frame.f_code.co_qualname}")
        if "self" in frame.f_locals:
            types.add(type(frame.f_locals["self"]).__qualname__)

    sys.setprofile(note)
    try:
        await gate.call("list_errors", {"project_id": "checkout-ios"})
    finally:
        sys.setprofile(None)
    return calls, len(functions), len({each.partition(":")[0] for each in functions}), len(types)


def main() -> None:
    """Print the counts."""
    calls, functions, files, types = asyncio.run(count())
    sys.stdout.write(f"{calls} calls of {functions} functions in {files} files, methods of {types} types\n")


if __name__ == "__main__":
    main()
