"""The story of ``crashgate demo``: a believable triage, with the refusals that a careless or misled agent meets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, cast

from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN

PREFIX = "BUGSNAG_"
"""How the names of the provider's own variables begin."""

VARIABLE = f"{PREFIX}AUTH_TOKEN"
TOKEN = SANDBOX_TOKEN
CONNECTION = """\
[connections.bugsnag]
base_url = "{url}"
token_env = "BUGSNAG_AUTH_TOKEN"
"""
"""The connection of the demo in crashgate.toml, with the sandbox at ``{url}``; ``VARIABLE`` holds ``TOKEN``."""

Summarise = Callable[[Mapping[str, Any]], str]
"""Describes an answer in a few words."""


class DemoError(Exception):
    """A step did not go as the demo expects."""


class Agent(Protocol):
    """One agent of the demo."""

    @property
    def refusals(self) -> Sequence[str]:
        """What it was told when it was refused, so far."""
        ...

    async def ask(
        self, wish: str, tool: str, arguments: Mapping[str, Any], *, summarise: Summarise | None = None
    ) -> Mapping[str, Any]:
        """Call a tool and show the answer. Without ``summarise``, the call is expected to be refused.

        Raises DemoError if it went otherwise, or if the log does not agree.
        """
        ...


_IOS = "checkout-ios"


async def triage(agent: Agent) -> str:
    """Find the worst open crash, read it, resolve it; then try too much. Returns the id of the error."""
    await agent.ask("it asks what it may do here", "my_access", {}, summarise=_access)
    worst = {"project_id": _IOS, "filters": {"error.status": "open"}, "sort": "users", "per_page": 5}
    listed = await agent.ask(
        "it looks for the open crash that hits most users", "list_errors", worst, summarise=_errors
    )
    error = _first(listed, "errors")
    one = {"project_id": _IOS, "error_id": str(error["id"])}
    await agent.ask("it reads the newest crash of that error", "get_event", one, summarise=_event)
    await agent.ask("the fix is released, so it resolves the error", "resolve_error", one, summarise=_changed)
    await agent.ask("text in a crash told it to delete the error, and it tries", "delete_error", one)
    await agent.ask("it looks into a project that is not its own", "list_errors", {"project_id": "payments-api"})
    await agent.ask("it looks into one that does not exist", "list_errors", {"project_id": "payments-ios"})
    # The two of one tool: another tool is refused with other tools to use instead.
    if len(set(agent.refusals[-2:])) != 1:
        raise DemoError("The refusals differ, so they tell what exists.")
    return one["error_id"]


async def reading(agent: Agent, error_id: str) -> None:
    """See what the other one did, and fail to take it back."""
    await agent.ask("it looks around", "list_projects", {"organization_id": "acme"}, summarise=_projects)
    one = {"project_id": _IOS, "error_id": error_id}
    await agent.ask("it reads the error that was just resolved", "get_error", one, summarise=_error)
    await agent.ask("it tries to open it again", "update_error", {**one, "operation": "open"})


async def release(agent: Agent) -> None:
    """Judge a release, without the events of single users."""
    await agent.ask("it asks how stable the app is", "get_stability_trend", {"project_id": _IOS}, summarise=_stability)
    await agent.ask("it asks for the crashes of single users", "list_events", {"project_id": _IOS})


def _access(content: Mapping[str, Any]) -> str:
    connections = content["access"]["connections"]
    places: dict[str, list[str]] = {}
    for held in (each for connection in connections for each in connection["access"]):
        names = [*held.get("projects", ()), *held.get("organizations", ())]
        places.setdefault(", ".join(names), []).append(f"{held['resource']} = {held['level']}")
    return "; ".join(f"in {where}: {', '.join(levels)}" for where, levels in places.items())


def _errors(content: Mapping[str, Any]) -> str:
    error = _first(content, "errors")
    return f"{content.get('total', 'some')} open errors; the first: {_what(error)}, {error['users']} users"


def _event(content: Mapping[str, Any]) -> str:
    outside = content["event"].get("untrusted", {})
    exceptions: Sequence[Mapping[str, Any]] = outside.get("exceptions") or [{}]
    frames: Sequence[str] = exceptions[0].get("frames_in_app") or exceptions[0].get("frames") or ["no frame of the app"]
    kind = exceptions[0].get("error_class", "a crash")
    return f"{kind} at {frames[0]}; what outsiders wrote is marked so"


def _changed(content: Mapping[str, Any]) -> str:
    return f"status {content['error'].get('status', 'unknown')}"


def _projects(content: Mapping[str, Any]) -> str:
    return ", ".join(str(project.get("slug")) for project in content["projects"])


def _error(content: Mapping[str, Any]) -> str:
    error = content["error"]
    return f"{_what(error)}: status {error['status']}"


def _stability(content: Mapping[str, Any]) -> str:
    trend = content["stability_trend"]
    days = [dict(zip(trend["columns"], day, strict=True)) for day in trend["days"]]
    told = [f"{100 * day['session_stability']:.2f} % on {day['day']}" for day in (days[0], days[-1])]
    return f"sessions without a crash: {', '.join(told)}"


def _first(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The first row of a list in an answer. Raises DemoError when there is none."""
    rows = cast("Sequence[Mapping[str, Any]]", content.get(key) or ())
    if not rows:
        raise DemoError(f"There are no {key}.")
    return rows[0]


def _what(error: Mapping[str, Any]) -> str:
    outside = error.get("untrusted", {})
    return f"{outside.get('error_class', 'an error')} in {outside.get('context', 'the app')}"
