"""Who owns a file, and who else may touch it. A file that grants rights or names credentials must be ours or root's.

Each takes what ``os.fstat`` says of a file that is open, so that it cannot be swapped after the check.
"""

import os
import stat

_ROOT = 0


def others_may_write(status: os.stat_result) -> bool:
    """Whether its group or everybody may write to it."""
    return bool(status.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def others_may_read(status: os.stat_result) -> bool:
    """Whether its group or everybody may read it.

    The group of a file of root's may: that is how a secret is handed to a service that does not run as root.
    """
    # check[always]: the group may read a secret of root's only
    group = 0 if is_roots(status) else stat.S_IRGRP
    return bool(status.st_mode & (group | stat.S_IROTH))


def is_on_roots_read_only_mount(descriptor: int | os.PathLike[str], status: os.stat_result) -> bool:
    """Whether it is root's and lies on a mount that nobody can write to, whatever its mode says.

    So a kubelet mounts ConfigMaps and Secrets: folders with mode 0777 and files with 0444, root's, read-only.
    """
    # check[always]: what others may write to by its mode is taken only from a read-only mount of root's
    return is_roots(status) and bool(os.statvfs(descriptor).f_flag & os.ST_RDONLY)


def is_roots(status: os.stat_result) -> bool:
    """Whether it belongs to root, who may hand it to a service by its group."""
    return status.st_uid == _ROOT


def is_anothers(status: os.stat_result) -> bool:
    """Whether it belongs to neither us nor root: its owner may change it, or its mode, whenever they like."""
    # check[never]: root takes no file of another user
    return status.st_uid not in {os.geteuid(), _ROOT}


def is_anothers_state(status: os.stat_result) -> bool:
    """Whether it is the state of a crashgate that is not for us to use.

    Root may use anybody's, and nobody may use root's: the operator of a service, who is root, lists and answers what
    waits there, and the service has that file as its own.
    """
    return os.geteuid() not in {status.st_uid, _ROOT}
