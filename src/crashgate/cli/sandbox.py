"""The sandbox inside the server's own process. Rule: invented data, and room to try things.

``crashgate sandbox``. Rule: it says how to reach it once it can be reached.
"""

from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.global_options import Command

if TYPE_CHECKING:
    from crashgate.config.wiring import Sandbox

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
    from crashgate.config.wiring import Sandbox
    from crashgate_sandbox.app import SANDBOX_TOKEN, Budgets, create_app

    vendor = Budgets()
    budgets = Budgets(
        organizations=(vendor.organizations or 0) * BUDGET_FACTOR, projects=(vendor.projects or 0) * BUDGET_FACTOR
    )
    return Sandbox(app=create_app(budgets=budgets), token=SANDBOX_TOKEN)


@click.command("sandbox", cls=Command)
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    default=4000,
    show_default=True,
    help="0 takes any free one.",
)
@click.option("--seed", type=int, metavar="N", help="Draw another world; the same seed gives the same ids and texts.")
@click.option("--budgets/--no-budgets", default=True, show_default=True, help="Rate limits as the vendor has them.")
def sandbox(host: str, port: int, seed: int | None, *, budgets: bool) -> None:
    """Run the providers' APIs with invented data until Ctrl-C.

    BugSnag with two organizations, seven projects, some hundred errors; its session tracking, BugsPulse, BrowserStack
    and DevRev below paths of their own. It keeps what is changed until it ends. To see what it was
    asked: GET /_sandbox/requests; to make it fail: PUT /_sandbox/faults.
    """
    from crashgate_sandbox.app import SANDBOX_TOKEN, UNLIMITED, Budgets, World, create_app
    from crashgate_sandbox.standalone import serve

    screen = session.screen()
    world = World() if seed is None else World(seed=seed)
    app = create_app(world, budgets=Budgets() if budgets else UNLIMITED)

    def ready(url: str) -> None:
        if screen.json:
            screen.data({"url": url, "token": SANDBOX_TOKEN}, line=True)
            return
        screen.say(f"A sandbox BugSnag listens at {url}. Point crashgate at it with:")
        screen.say()
        screen.raw(f"  export BUGSNAG_ENDPOINT={url} BUGSNAG_AUTH_TOKEN={SANDBOX_TOKEN}")
        screen.raw("  crashgate serve --agent triage-agent")
        screen.say()
        screen.say("Stop it with Ctrl-C.")

    serve(app, host, port, ready=ready)
