"""``crashgate serve`` and ``crashgate sandbox``, and how commands run asynchronous code.

Over stdio only the protocol is on stdout; everything else is on stderr. A request to stop lets the code clean up.
"""

import asyncio
import gc
import json
import os
import signal
import stat
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import click

from crashgate.cli import session
from crashgate.cli.command import Command, ExitCode, shared
from crashgate.cli.output import note
from crashgate.cli.session import Workspace, choose_sandbox, in_sandbox_option

if TYPE_CHECKING:
    from crashgate.config.connections import Sandbox
    from crashgate.config.settings import Settings
    from crashgate.policy.serving import Serving

T = TypeVar("T")

_COLLECT_AFTER = (50_000, 20, 50)
"""Objects of generation 0, and collections of the younger generations. By default the collector would start seven times
for each page of a thousand rows, of which nothing is ever part of a cycle: that is a sixth of an export's time."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run ``main`` to its end. Raises KeyboardInterrupt after Ctrl-C, when ``main`` has cleaned up.

    It is the process's own work: what was imported until now is not looked through for garbage any more.
    """
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    gc.enable()
    with asyncio.Runner(loop_factory=_uvloop()) as runner:
        return runner.run(main)


async def run_until_stopped(main: Coroutine[Any, Any, None]) -> bool:
    """Run ``main``; on SIGTERM cancel it, wait for its end, and give False."""
    task = asyncio.ensure_future(main)
    told = False

    def stop() -> None:
        nonlocal told
        told = True
        task.cancel()

    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):
        loop.add_signal_handler(signal.SIGTERM, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not told:
            raise
    return not told


def _uvloop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


@click.command("serve", cls=Command)
@click.option("--agent", metavar="NAME", help="Serve this one agent over stdin and stdout.")
@click.option(
    "--preset",
    type=click.Choice(session.PRESETS),
    help="Instead of --agent: serve one agent under a shipped policy of this name. No policy folder is read.",
)
@click.option("--http", "over_http", is_flag=True, help="Serve all agents over HTTP; each sends a bearer token.")
@click.option(
    "--host", metavar="ADDRESS", help="The address for --http. Default: http.host in crashgate.toml, or 127.0.0.1."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="The port for --http. Default: http.port, or 8321. 0 takes any free port.",
)
@click.option(
    "--text",
    type=click.Choice(("short", "full")),
    help="The text of answers. full: a sentence and the data as JSON (default). short: only the sentence.",
)
@click.option(
    "--strict-policies",
    is_flag=True,
    help="Do not start if a policy document cannot be used. Otherwise only its agent is refused.",
)
@click.option(
    "--tools",
    metavar="GROUP,…",
    help="Serve only these groups of tools, such as errors,releases. A policy may allow less.",
)
@click.option(
    "--log-format",
    type=click.Choice(("text", "json")),
    default="text",
    help="What is written to stderr. json: a line for each message, and with --http for each request.",
)
@click.option("--read-only", is_flag=True, help="Serve only what changes nothing at the provider.")
@in_sandbox_option
def serve(  # noqa: PLR0913 - one parameter an option
    *,
    agent: str | None,
    preset: str | None,
    over_http: bool,
    host: str | None,
    port: int | None,
    text: str | None,
    strict_policies: bool,
    tools: str | None,
    log_format: str,
    read_only: bool,
    in_sandbox: bool,
) -> None:
    """Serve MCP, over stdio for one agent or over HTTP for all.

    Over stdio, --agent names the agent, which must have a policy. Over HTTP, the token identifies the agent; create one
    with `crashgate token new`.

    --tools and --read-only narrow what all agents see and may call; they never widen a policy.

    With --sandbox you need no account. The sandbox has all providers, with invented data and ten times the vendors'
    rate limits. If you have no policies, the example policies are used. Its calls go into the decision log like any
    others; use --state with another folder to keep them apart.
    """
    if [agent is not None, preset is not None, over_http].count(True) != 1:
        raise click.UsageError(
            "Give one of --agent NAME (one agent over stdio), --preset NAME (under a shipped policy) and --http"
            " (all agents with tokens)."
        )
    agent = agent or preset
    if not over_http and (host is not None or port is not None):
        raise click.UsageError("--host and --port need --http.")
    at = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    texts = {"text": text, **({"text_of": {agent: text}} if agent is not None else {})} if text else {}
    given = {**texts, **({"strict_policies": True} if strict_policies else {})}
    more = {**({"http": at} if at else {}), **({"serve": given} if given else {})}
    _hasten_imports()
    from crashgate.config.traces import send_traces

    settings = session.settings(more, in_sandbox=in_sandbox and preset is None)
    if preset is not None:
        settings = settings.model_copy(update={"policies": session.preset_policies(settings.state / "preset-policies")})
    if log_format == "json":
        from crashgate.config.logs import write_json_logs

        write_json_logs()
    send_traces(os.environ)
    sandbox = choose_sandbox(in_sandbox=in_sandbox)
    serving = _find_serving(settings, sandbox, tools, read_only=read_only)
    if over_http:
        _over_http(settings, sandbox, serving)
    elif agent is not None:
        _over_stdio(settings, sandbox, agent, serving)


def _find_serving(settings: "Settings", sandbox: "Sandbox | None", tools: str | None, *, read_only: bool) -> "Serving":
    from crashgate.config import wiring

    groups = [each.strip() for each in tools.split(",")] if tools is not None else []
    return wiring.serving(settings, groups=groups, read_only=read_only, sandbox=sandbox)


def _hasten_imports() -> None:
    """Start with less work, which is most of what a start is.

    Importing makes no garbage worth looking for until ``run``. pydantic builds what a model needs when the model is
    first used: of the protocol's hundreds, in the shape of each version, a server uses a few. And the SDK's packages
    are entered without what they gather for others: its client, its framework and their HTTP client.
    """
    from pydantic import BaseModel

    gc.disable()
    BaseModel.model_config = {"defer_build": True}
    for name in ("mcp", "mcp.server"):
        if name not in sys.modules and (spec := find_spec(name)) is not None:
            sys.modules[name] = _LazyPackage(spec)


class _LazyPackage(ModuleType):
    """A package whose modules can be imported at once; its own code runs when something is asked of it."""

    def __init__(self, spec: ModuleSpec) -> None:
        super().__init__(spec.name)
        self.__spec__, self.__path__, self.__file__ = spec, spec.submodule_search_locations or [], spec.origin
        self.__package__, self.__loader__ = spec.name, spec.loader
        self._loader = spec.loader

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the package holds
        if name.startswith("__") or self._loader is None:
            raise AttributeError(name)
        self.__class__ = ModuleType  # type: ignore[assignment]  # from now on it is like every package
        self._loader.exec_module(self)
        return getattr(self, name)


def _over_stdio(settings: "Settings", sandbox: "Sandbox | None", agent: str, serving: "Serving") -> None:
    from crashgate.cli.session import find_policy
    from crashgate.config import servers

    workspace = Workspace(settings=settings, sandbox=sandbox)
    own = workspace.served(agent)
    # An error names the agents that have a policy.
    find_policy(own if agent in own or agent in own.broken else workspace.served(), agent)
    _check_pipes()
    if sys.stdin.isatty():
        note(f"Serving {agent} over stdio: an MCP client is expected at the other end, not a keyboard. Ctrl-D ends it.")
    stdio = servers.run_stdio(settings, os.environ, agent=agent, sandbox=sandbox, serving=serving)
    if not run(run_until_stopped(stdio)):
        click.get_current_context().exit(ExitCode.TERMINATED)


def _check_pipes() -> None:
    """Refuse files on stdin and stdout: an event loop cannot wait for them, and uvloop ends the process over it."""
    from crashgate.errors import ConfigurationError

    for number in (0, 1):
        mode = os.fstat(number).st_mode
        if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(number)):
            raise ConfigurationError(
                f"{'stdin' if number == 0 else 'stdout'} is not a pipe, so no MCP client can be at the other end.",
                remedy="Let a client start this command. By hand: cat messages | crashgate serve --agent NAME | cat",
            )


def _over_http(settings: "Settings", sandbox: "Sandbox | None", serving: "Serving") -> None:
    from crashgate.config import servers, wiring
    from crashgate.mcp.listen import open_listener

    agents = tuple(Workspace(settings=settings, sandbox=sandbox).served())
    for fault in wiring.tokens(settings).faults():
        note(f"Warning: {fault}")
    listener = open_listener(settings.http.host, settings.http.port)

    def ready() -> None:
        # Whoever reads the address may connect at once, so the system already takes connections for us.
        listener.socket.listen()
        _announce(settings.http.public_url or listener.url, agents, in_sandbox=sandbox is not None)

    with listener.socket:
        run(servers.run_http(settings, os.environ, listener, sandbox=sandbox, serving=serving, ready=ready))


def _announce(base: str, agents: tuple[str, ...], *, in_sandbox: bool) -> None:
    from crashgate.clients.launch import shell_command
    from crashgate.mcp.http import MCP_PATH

    given = shared()
    url = f"{base}{MCP_PATH}"
    if given.json:
        click.echo(json.dumps({"url": url, "agents": agents}), err=True)
        return
    note(f"crashgate serves MCP at {url}")
    if agents:
        note(f"Agents with a policy: {', '.join(agents)}")
        more = " --sandbox" if in_sandbox else ""
        note(f"A token for one of them:  {shell_command()}{given.flags} token new {agents[0]}{more}")
        note("Its client sends it as:   Authorization: Bearer TOKEN")
    else:
        note("There are no policies, so every call will be refused.")
    note("Stop it with Ctrl-C.")


@click.command("sandbox", cls=Command)
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    default=4000,
    show_default=True,
    help="The port. 0 takes any free port.",
)
@click.option("--seed", type=int, metavar="N", help="Generate other data. The same seed gives the same data.")
@click.option("--budgets/--no-budgets", default=True, show_default=True, help="Apply the vendors' rate limits.")
def sandbox(host: str, port: int, seed: int | None, *, budgets: bool) -> None:
    """Run the providers' APIs with invented data until Ctrl-C.

    Each provider has its own path. Changes last until the sandbox ends. GET /_sandbox/requests shows the requests that
    it received; PUT /_sandbox/faults makes it fail.
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
