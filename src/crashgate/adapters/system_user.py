"""Who runs this process. Rule: the system's word for it; LOGNAME and the like could say anything."""

import os
import pwd

from crashgate.decisions.shape import check_word


def system_user() -> str:
    """The name of the user whose process this is; its number where it has no name that a record may hold."""
    user = os.getuid()
    try:
        name = pwd.getpwuid(user).pw_name
        check_word(name, "name")
    except (KeyError, ValueError):
        return f"uid {user}"
    return name
