"""A file that a command writes. Rule: written under another name first, so that it is whole or absent."""

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def whole_file(path: Path, *, mode: int, over: bool) -> Generator[TextIO]:
    """A stream whose text is at ``path`` once the block has ended well, durably; else nothing is left of it.

    ``mode`` are its permissions. With ``over`` it takes the place of a file that is there; without, that file stays and
    FileExistsError is raised. The other name is hidden and has no suffix of a document, so no reader of a folder takes
    it for one. Raises OSError.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with open(opened, "w", encoding="utf-8", newline="") as stream:  # noqa: PTH123 - a file that is open already
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if over:
            draft.replace(path)
        else:
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
