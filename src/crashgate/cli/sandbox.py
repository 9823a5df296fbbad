"""``crashgate sandbox``, and the sandbox inside another command's process (``--sandbox``)."""

from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.global_options import Command

if TYPE_CHECKING:
    from crashgate.config.connections import Sandbox

TIMES_THE_LIMITS = 10
"""Vendors allow as few as 30 requests a minute, and each new project or error costs the gate one more look-up."""

in_sandbox_option = click.option(
    "--sandbox", "in_sandbox", is_flag=True, help="Use a sandbox in this process in place of every upstream."
)
"""The option of all commands that can do so."""


def chosen(*, in_sandbox: bool) -> "Sandbox | None":
    """The sandbox where the option was given, else None."""
    return embedded() if in_sandbox else None


def embedded() -> "Sandbox":
    """A new sandbox, with ten times the vendors' limits on requests."""
    from crashgate.config.connections import Sandbox
    from crashgate_sandbox.app import create_app

    return Sandbox(app=create_app(limits=TIMES_THE_LIMITS))


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

    Each provider is at a path of its own. Changes are kept until it ends. GET /_sandbox/requests shows what it was
    asked; PUT /_sandbox/faults makes it fail.
    """
    from crashgate.clients.launch import shell_command
    from crashgate_sandbox.app import create_app
    from crashgate_sandbox.parts import installed_parts
    from crashgate_sandbox.standalone import serve
    from crashgate_sandbox.world.world import World

    screen = session.screen()
    world = World() if seed is None else World(seed=seed)
    app = create_app(world, limits=1 if budgets else None)
    part = next(each for each in installed_parts() if each.environment)

    def ready(url: str) -> None:
        if screen.json:
            screen.data({"url": url, "token": part.credential}, line=True)
            return
        variables = (f"{name}={value.format(url=url + part.prefix)}" for name, value in part.environment.items())
        screen.say(f"The sandbox listens at {url}. Point crashgate at it with:")
        screen.say()
        screen.raw(f"  export {' '.join(variables)}")
        screen.raw(f"  {shell_command()} serve --agent triage-agent")
        screen.say()
        screen.say("Stop it with Ctrl-C.")

    serve(app, host, port, ready=ready)
