"""Where ``crashgate export`` writes to. Rule: a place that cannot be is told before anything is asked."""

import secrets
from pathlib import Path

from crashgate.errors import ConfigurationError


def refuse_impossible(place: str) -> None:
    """Raises ConfigurationError for a folder that neither exists nor can be made; it is not made here.

    A URL is the storage's own to judge.
    """
    if "://" in place or Path(place).is_dir():
        return
    try:
        _try(next(path for path in Path(place).absolute().parents if path.exists()))
    except OSError as problem:
        raise ConfigurationError(
            f"The folder {place} cannot be made.",
            why=f"The system says: {problem.strerror}.",
            remedy="Name another with --to, or as `exports` in crashgate.toml. Nothing was asked.",
        ) from problem
    if Path(place).exists():
        raise ConfigurationError(
            f"{place} is no folder.", remedy="Name one with --to, or as `exports` in crashgate.toml. Nothing was asked."
        )


def _try(parent: Path) -> None:
    """Whether a folder can be made in it shows only when one is; root may do nearly everything, and not in /proc."""
    probe = parent / f".crashgate-{secrets.token_hex(8)}"
    probe.mkdir(mode=0o700)
    probe.rmdir()
