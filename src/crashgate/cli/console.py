"""``crashgate console``: the operator's pages, for whoever started it."""

import json

import click

from crashgate.cli import session
from crashgate.cli.command import Command, shared
from crashgate.cli.output import note
from crashgate.cli.session import in_sandbox_option

_LOOPBACK = "127.0.0.1"


@click.command("console", cls=Command)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    default=0,
    help="The port, on this machine only. Default: any free one.",
)
@in_sandbox_option
def console(*, port: int, in_sandbox: bool) -> None:
    """Show what agents did, may do and wait for, in a browser.

    It prints a link that works once, and answers on this machine only. Whoever opens it can answer requests for
    approval in your name. Ctrl-C ends it.
    """
    import uvicorn

    from crashgate.cli.serve import run
    from crashgate.clock import SystemClock
    from crashgate.config import wiring
    from crashgate.console.app import Sources, console_app
    from crashgate.console.sign_in import LINK_MINUTES, SignIn
    from crashgate.mcp.listen import open_listener

    workspace = session.open_workspace(in_sandbox=in_sandbox)
    settings, clock = workspace.settings, SystemClock()
    sources = Sources(
        reader=wiring.log_reader(settings),
        approvals=wiring.approvals(settings),
        policies=wiring.served_policies(settings, sandbox=workspace.sandbox).read,
        vocabulary=workspace.vocabulary,
        operator=wiring.operator(),
        clock=clock,
    )
    sign_in = SignIn(clock)
    listener = open_listener(_LOOPBACK, port)
    app = console_app(sources, sign_in, host=listener.url.removeprefix("http://"))
    link = f"{listener.url}/sign-in?key={sign_in.link_key}"
    if shared().json:
        click.echo(json.dumps({"link": link}), err=True)
    else:
        note(f"Open this link within {LINK_MINUTES} minutes; it works once: {link}")
        note("Stop the console with Ctrl-C.")
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            ws="none",
            lifespan="off",
            access_log=False,
            server_header=False,
            log_level="error",
            limit_concurrency=100,
        )
    )
    with listener.socket:
        run(server.serve(sockets=[listener.socket]))
