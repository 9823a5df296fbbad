"""What commands about policies start from. Rule: one way to the documents, and problems name files as they were given.

A document calls itself by its folder's name and its own (``policies/triage-agent.toml``), which is what the log and
agents are told, on any machine. Whoever corrects it needs a path that leads there from where they are.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from crashgate.cli import session
from crashgate.cli.global_options import shared
from crashgate.cli.sandbox import chosen

if TYPE_CHECKING:
    from crashgate.config.connections import Sandbox
    from crashgate.config.settings import Settings
    from crashgate.errors import Problem
    from crashgate.model.catalogue import Catalogue
    from crashgate.policy.policy import PolicySet, Vocabulary


@dataclass(frozen=True, kw_only=True, slots=True)
class Workspace:
    """The settings in force, and the sandbox where its connections take the place of the configured ones."""

    settings: "Settings"
    sandbox: "Sandbox | None"

    @property
    def vocabulary(self) -> "Vocabulary":
        """The words that a policy may use."""
        from crashgate.config import wiring

        return wiring.vocabulary(self.settings, sandbox=self.sandbox)

    @property
    def catalogue(self) -> "Catalogue":
        """What the providers of the connections offer."""
        return self.vocabulary.catalogue

    @property
    def connections(self) -> "Mapping[str, str]":
        """The connections that a policy may name, with what they are."""
        from crashgate.config.connections import nameable_connections

        return {name: each.provider for name, each in nameable_connections(self.settings, sandbox=self.sandbox).items()}

    @property
    def folder(self) -> Path:
        """The policy folder as it was given, or the short way to it from here."""
        return shared().policies or _from_here(self.settings.policies)

    def policies(self) -> "PolicySet":
        """All policies of the folder. Raises ConfigurationError and PolicyDocumentError."""
        return self._within(self.folder, self.settings)

    def served(self, agent: str | None = None) -> "PolicySet":
        """The policies that ``serve`` begins with, and which it has to do without; with ``agent`` its own alone.

        Raises as ``policies`` does.
        """
        from crashgate.config import wiring
        from crashgate.policy.policy import PolicySet

        with _as_given(self.folder):
            policies = wiring.served_policies(self.settings, sandbox=self.sandbox, agent=agent).read()
        broken = {
            name: tuple(as_given(each, self.folder) for each in problems) for name, problems in policies.broken.items()
        }
        return PolicySet(policies.values(), broken=broken)

    def held(self, path: Path) -> "PolicySet":
        """The policies of a document or a folder, checked like those in force. Raises as ``policies`` does."""
        from crashgate.config import wiring
        from crashgate.errors import ConfigurationError
        from crashgate.policy.document import load
        from crashgate.policy.policy import PolicySet

        if not path.is_file():
            return self._within(path, self.settings.model_copy(update={"policies": path}))
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(
                f"{path} cannot be read.", remedy="Name a policy document, or a folder."
            ) from error
        source = f"{path.absolute().parent.name}/{path.name}"
        with _as_given(path.parent):
            templates = wiring.templates(path.absolute().parent)
            return PolicySet([load(text, source=source, vocabulary=self.vocabulary, templates=templates)])

    def template_problems(self) -> "list[Problem]":
        """What is wrong with the templates of the folder, also with one that no document extends."""
        from crashgate.config import wiring
        from crashgate.policy.document import check_template

        folder = self.settings.policies
        templates, vocabulary = wiring.templates(folder), self.vocabulary
        problems = (
            as_given(problem, self.folder)
            for name in templates
            for problem in check_template(name, folder=folder.name, vocabulary=vocabulary, templates=templates)
        )
        return list(dict.fromkeys(problems))

    def _within(self, folder: Path, settings: "Settings") -> "PolicySet":
        from crashgate.config import wiring

        with _as_given(folder):
            return wiring.policies(settings, sandbox=self.sandbox).current()


def ground(*, in_sandbox: bool, examples: bool = True) -> Workspace:
    """What the command that runs starts from. Raises ConfigurationError.

    Without ``examples`` the policy folder is the user's own, with a sandbox too: for commands that write there.
    """
    settings = session.settings(in_sandbox=in_sandbox and examples)
    return Workspace(settings=settings, sandbox=chosen(in_sandbox=in_sandbox))


def as_given(problem: "Problem", folder: Path) -> "Problem":
    """The problem of a document in ``folder``, with a path that leads to it."""
    path = str(folder / (problem.source.partition("/")[2] or problem.source))
    return replace(problem, source=path, text=problem.text.replace(problem.source, path))


@contextmanager
def _as_given(folder: Path) -> Generator[None]:
    from crashgate.errors import PolicyDocumentError

    try:
        yield
    except PolicyDocumentError as error:
        raise PolicyDocumentError(as_given(each, folder) for each in error.problems) from error


def _from_here(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
