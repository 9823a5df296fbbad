"""``crashgate providers`` and ``crashgate provider check``: what is installed, and whether it is as it must be."""

from importlib import import_module
from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.failure import ExitCode
from crashgate.cli.global_options import Command

if TYPE_CHECKING:
    from crashgate.model.provider import Provider


@click.command("providers", cls=Command)
def providers() -> None:
    """List the providers that are installed.

    Each with the package that brings it and that package's version. A provider is code that runs with all rights of
    crashgate, so install only packages that you trust.
    """
    from crashgate.providers.installed import installed_providers

    installed = installed_providers().values()
    screen = session.screen()
    if screen.json:
        screen.data([{"provider": each.name, "package": each.package, "version": each.version} for each in installed])
    else:
        screen.table(
            ("provider", "package", "version"), [(each.name, each.package, each.version) for each in installed]
        )


@click.command("check", cls=Command)
@click.argument("provider", help="The name of an installed provider, or a module that has a PROVIDER.")
def provider_check(provider: str) -> None:
    """Check that a provider is as every provider must be.

    Nothing is sent. What is wrong is told in sentences, with exit code 1. A test of the package can call the same
    checks: crashgate.tools.provider_checks.check_provider.
    """
    from crashgate.tools.own import load_catalogue
    from crashgate.tools.provider_checks import check_provider

    found = _provider(provider)
    problems = check_provider(found, beside=load_catalogue())
    screen = session.screen()
    if screen.json:
        screen.data({"provider": found.name, "problems": problems})
    else:
        for problem in problems:
            screen.say(problem)
        if not problems:
            screen.say(f"{found.title} is as a provider must be.")
    click.get_current_context().exit(ExitCode.NO if problems else ExitCode.OK)


def _provider(name: str) -> "Provider":
    """The provider meant. Raises ConfigurationError."""
    from crashgate.errors import ConfigurationError
    from crashgate.model.provider import Provider
    from crashgate.providers.installed import installed_providers

    installed = installed_providers().get(name)
    if installed is not None:
        return installed.load()
    try:
        found = getattr(import_module(name), "PROVIDER", None)
    except (ImportError, ValueError):
        found = None
    if not isinstance(found, Provider):
        raise ConfigurationError(
            f"There is no provider {name[:64]}.",
            why="No installed package brings one of that name, and no module of that name has a PROVIDER.",
            remedy="`crashgate providers` lists what is installed.",
        )
    return found
