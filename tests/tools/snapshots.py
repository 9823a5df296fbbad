"""What agents see, kept as files in git for people to review. ``CRASHGATE_SNAPSHOTS=write`` writes them anew."""

import json
import os
from pathlib import Path

FOLDER = Path(__file__).parent / "snapshots"


def check(name: str, document: object) -> None:
    """Compare with the file byte by byte, or write it when told to."""
    path = FOLDER / name
    now = (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
    if os.environ.get("CRASHGATE_SNAPSHOTS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(now)
    then = path.read_bytes() if path.exists() else b""
    assert now == then, f"{path.name} is not what agents see now; look at the change, then CRASHGATE_SNAPSHOTS=write"
