"""The sandbox inside the server's own process. Rule: invented data, and room to try things."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from crashgate.wiring import Sandbox

BUDGET_FACTOR = 10
"""The vendor allows 30 requests a minute on projects; each new project and error costs the gate a look-up more."""

in_sandbox_option = click.option(
    "--sandbox", "in_sandbox", is_flag=True, help="Use a sandbox in this process in place of every upstream."
)
"""The option of all commands that can do so."""


def chosen(*, in_sandbox: bool) -> "Sandbox | None":
    """The sandbox where the option was given, else None."""
    return embedded() if in_sandbox else None


def embedded() -> "Sandbox":
    """A sandbox of its own world, with ten times the vendor's budgets."""
    from crashgate.sandbox.app import SANDBOX_TOKEN, Budgets, create_app
    from crashgate.wiring import Sandbox

    vendor = Budgets()
    budgets = Budgets(
        organizations=(vendor.organizations or 0) * BUDGET_FACTOR, projects=(vendor.projects or 0) * BUDGET_FACTOR
    )
    return Sandbox(app=create_app(budgets=budgets), token=SANDBOX_TOKEN)
