"""Policies that a command is given by path. Rule: a document or a folder of them, checked like those in force."""

from pathlib import Path
from typing import TYPE_CHECKING

from crashgate.cli import session

if TYPE_CHECKING:
    from crashgate.policy.policy import PolicySet


def held(path: Path) -> "PolicySet":
    """The policies there. Raises ConfigurationError and PolicyDocumentError."""
    from crashgate import wiring
    from crashgate.errors import ConfigurationError
    from crashgate.policy.document import load
    from crashgate.policy.policy import PolicySet

    settings = session.settings()
    if not path.is_file():
        return wiring.policies(settings.model_copy(update={"policies": path})).current()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read.", remedy="Name a policy document, or a folder.") from error
    source = f"{path.absolute().parent.name}/{path.name}"
    return PolicySet([load(text, source=source, vocabulary=wiring.vocabulary(settings))])
