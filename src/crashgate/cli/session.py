"""What a command starts from: its screen, its settings, the policies, and the sandbox in place of every upstream.

Settings are read when a command asks for them. The files beside the code are at the top of a checkout, and inside an
installed package.
"""

import os
import shlex
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

import crashgate
from crashgate.cli.command import shared
from crashgate.cli.output import Screen, note
from crashgate.errors import ConfigurationError, PolicyDocumentError

if TYPE_CHECKING:
    from crashgate.config.connections import Sandbox
    from crashgate.config.settings import Settings
    from crashgate.errors import Problem
    from crashgate.model.catalogue import Catalogue
    from crashgate.policy.policy import Policy, PolicySet, Vocabulary

POLICY_INIT: Final = "policy-init"
CONNECTIONS_CHECK: Final = "connections-check"
PROJECT_KEY: Final = "project-key"
OWN_AGENTS: Final = frozenset({POLICY_INIT, CONNECTIONS_CHECK, PROJECT_KEY})
"""The agents that crashgate's own commands act as, under policies of their own; the decision log names them."""

_LONGEST = 64

_PACKAGE = Path(crashgate.__file__).resolve().parent
_TOP = _PACKAGE.parent.parent


def example_policies() -> Path:
    """The folder with the example policies. Raises ConfigurationError where a package came without them."""
    for folder in (_PACKAGE / "example_policies", _TOP / "policies"):
        if folder.is_dir():
            return folder
    raise ConfigurationError(
        "The example policies are not there.",
        why=f"Neither {_PACKAGE} nor {_TOP} holds them.",
        remedy="Install crashgate again, or name a folder with --policies.",
    )


def copy_example_policies(folder: Path, *, every_provider: bool = False) -> Path:
    """Copy them into a folder that only we may write to: in a checkout others often may, and then they are refused.

    Those of agents over sessions name connections to ``every_provider``, which the sandbox has.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    source = example_policies()
    for example in sorted([*source.glob("*.toml"), *(source.glob("sessions/*.toml") if every_provider else ())]):
        _copy(example, folder)
    for template in sorted(source.glob("templates/*.toml")):
        (folder / "templates").mkdir(mode=0o700, exist_ok=True)
        _copy(template, folder / "templates")
    return folder


def _copy(document: Path, folder: Path) -> None:
    copy = folder / document.name
    shutil.copyfile(document, copy)
    copy.chmod(0o600)


PRESETS = ("read-only", "triage")
"""Shipped policies, each for an agent of its own name."""


def preset_policies(folder: Path) -> Path:
    """Copy the shipped policies of ``serve --preset`` into a folder that only we may write to."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in PRESETS:
        _copy(example_policies() / "presets" / f"{name}.toml", folder)
    return folder


def reference_folder() -> Path:
    """The generated pages of this checkout. Raises ConfigurationError for an installed package, which has none."""
    if not (_TOP / "pyproject.toml").is_file():
        raise ConfigurationError(
            "There are no reference pages to compare with.",
            why="This crashgate is an installed package, and the pages belong to a checkout.",
            remedy="Name their folder with --folder.",
        )
    return _TOP / "docs" / "reference"


_EXAMPLES = "example-policies"
_TOLD = "crashgate.told"
_EXAMPLES_TOLD = "crashgate.examples"


def screen() -> Screen:
    """stdout, as this command should use it."""
    return Screen(as_json=shared().json)


def settings(more: Mapping[str, Any] | None = None, *, in_sandbox: bool = False) -> "Settings":
    """The settings in force, with ``more`` from the command's own options. Raises ConfigurationError.

    With a sandbox, the example policies stand in for a policy folder that nobody has made or named yet.
    """
    from crashgate.config.settings import POLICIES, load, passed_over, user_folder

    given = shared()
    options = {**given.settings, **(more or {})}
    here, meta = Path.cwd(), click.get_current_context().meta
    unused = passed_over(config=given.config, environment=os.environ, here=here)
    if unused is not None and not meta.setdefault(_TOLD, False):
        meta[_TOLD] = True
        note(f"{unused} is not used, because it was not named. If it is yours: --config {shlex.quote(str(unused))}")
    found = load(config=given.config, options=options, environment=os.environ, here=here)
    if not in_sandbox or found.policies != user_folder() / POLICIES or found.policies.exists():
        return found
    examples = copy_example_policies(found.state / _EXAMPLES, every_provider=True)
    if not meta.setdefault(_EXAMPLES_TOLD, False):
        meta[_EXAMPLES_TOLD] = True
        note(f"There is no folder {found.policies}; copies of the examples are used: {examples}")
    return found.model_copy(update={"policies": examples})


TIMES_THE_LIMITS = 10
"""Vendors allow as few as 30 requests a minute, and each new project or error costs the gate one more look-up."""

in_sandbox_option = click.option(
    "--sandbox", "in_sandbox", is_flag=True, help="Use a sandbox in this process instead of the upstreams."
)
"""The option of all commands that can do so."""


def choose_sandbox(*, in_sandbox: bool) -> "Sandbox | None":
    """The sandbox where the option was given, else None."""
    return embedded() if in_sandbox else None


def embedded() -> "Sandbox":
    """A new sandbox, with ten times the vendors' limits on requests."""
    from crashgate.config.connections import Sandbox
    from crashgate_sandbox.app import create_app

    return Sandbox(app=create_app(limits=TIMES_THE_LIMITS))


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

        with _locating_problems(self.folder):
            policies = wiring.served_policies(self.settings, sandbox=self.sandbox, agent=agent).read()
        broken = {
            name: tuple(locate_problem(each, self.folder) for each in problems)
            for name, problems in policies.broken.items()
        }
        return PolicySet(policies.values(), broken=broken)

    def held(self, path: Path) -> "PolicySet":
        """The policies of a document or a folder, checked like those in force. Raises as ``policies`` does."""
        from crashgate.config import wiring
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
        with _locating_problems(path.parent):
            templates = wiring.templates(path.absolute().parent)
            return PolicySet([load(text, source=source, vocabulary=self.vocabulary, templates=templates)])

    @property
    def narrowed(self) -> "Mapping[str, str]":
        """By connection that a project's key narrows, the variable that has the key."""
        from crashgate.config.narrowing import narrowing_variables

        return {} if self.sandbox else narrowing_variables(self.settings.connections)

    def narrowed_policies(self) -> "PolicySet":
        """All policies without what such a key takes away in any case. Raises as ``policies`` does."""
        from crashgate.config.narrowing import narrow_unlooked

        return narrow_unlooked(self.policies(), self.narrowed)

    def template_problems(self) -> "list[Problem]":
        """What is wrong with the templates of the folder, also with one that no document extends."""
        from crashgate.config import wiring
        from crashgate.policy.document import check_template

        folder = self.settings.policies
        templates, vocabulary = wiring.templates(folder), self.vocabulary
        problems = (
            locate_problem(problem, self.folder)
            for name in templates
            for problem in check_template(name, folder=folder.name, vocabulary=vocabulary, templates=templates)
        )
        return list(dict.fromkeys(problems))

    def _within(self, folder: Path, settings: "Settings") -> "PolicySet":
        from crashgate.config import wiring

        with _locating_problems(folder):
            return wiring.policies(settings, sandbox=self.sandbox).current()


def open_workspace(*, in_sandbox: bool, examples: bool = True) -> Workspace:
    """What the command that runs starts from. Raises ConfigurationError.

    Without ``examples`` the policy folder is the user's own, with a sandbox too: for commands that write there.
    """
    return Workspace(
        settings=settings(in_sandbox=in_sandbox and examples), sandbox=choose_sandbox(in_sandbox=in_sandbox)
    )


def locate_problem(problem: "Problem", folder: Path) -> "Problem":
    """The problem of a document in ``folder``, with a path that leads to it."""
    path = str(folder / (problem.source.partition("/")[2] or problem.source))
    return replace(problem, source=path, text=problem.text.replace(problem.source, path))


@contextmanager
def _locating_problems(folder: Path) -> Generator[None]:
    try:
        yield
    except PolicyDocumentError as error:
        raise PolicyDocumentError(locate_problem(each, folder) for each in error.problems) from error


def _from_here(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def find_policy(policies: "PolicySet", agent: str) -> "Policy":
    """The policy of an agent. Raises ConfigurationError with what is wrong with it, or with the agents there are."""
    found = policies.get(agent)
    if found is None and agent in policies.broken:
        raise PolicyDocumentError(policies.broken[agent])
    if found is None:
        name = agent[:_LONGEST]
        raise ConfigurationError(
            f"There is no policy for agent {name}.",
            why=f"There are policies for: {', '.join(policies) or 'nobody'}.",
            remedy=f"Name one of these, or write the document {name}.toml.",
        )
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class FixedPolicies:
    """The policies of one of our own agents, which never change."""

    policies: "PolicySet"

    def current(self) -> "PolicySet":
        """The policies."""
        return self.policies
