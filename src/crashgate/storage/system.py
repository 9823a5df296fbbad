"""The machine's clock, always in UTC, and the user who runs this process.

The user is the one that the operating system knows; LOGNAME and the like could say anything.
"""

import os
import pwd
import time
from datetime import UTC, datetime

from crashgate.audit.fields import check_word


class SystemClock:
    """The ``Clock`` of everything that is not a test."""

    def now(self) -> datetime:
        """The wall clock, with zone UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        return time.monotonic()


def system_user() -> str:
    """The name of the user whose process this is; its number where it has no name that a record may hold."""
    user = os.getuid()
    try:
        name = pwd.getpwuid(user).pw_name
        check_word(name, "name")
    except (KeyError, ValueError):
        return f"uid {user}"
    return name
