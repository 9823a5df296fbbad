"""What the agents of the demo do. Rule: a believable triage, with the refusals that a careless or misled one meets."""

from collections.abc import Mapping, Sequence
from typing import Any

from crashgate.cli.demo_steps import Agent, NotAsToldError, first

_IOS = "checkout-ios"


async def triage(agent: Agent) -> str:
    """Find the worst open crash, read it, resolve it; then reach for too much. Gives the id of the error."""
    await agent.ask("it asks what it may do here", "my_access", {}, told=_access)
    worst = {"project_id": _IOS, "filters": {"error.status": "open"}, "sort": "users", "per_page": 5}
    listed = await agent.ask("it looks for the open crash that hits most users", "list_errors", worst, told=_errors)
    error = first(listed, "errors")
    one = {"project_id": _IOS, "error_id": str(error["id"])}
    await agent.ask("it reads the newest crash of that error", "get_latest_event", one, told=_event)
    await agent.ask("the fix is released, so it resolves the error", "resolve_error", one, told=_changed)
    await agent.ask("text in a crash told it to delete the error, and it tries", "delete_error", one)
    await agent.ask("it looks into a project that is not its own", "list_errors", {"project_id": "payments-api"})
    await agent.ask("it looks into one that does not exist", "list_errors", {"project_id": "payments-ios"})
    # The two of one tool: another tool is refused with other tools to use instead.
    if len(set(agent.refusals[-2:])) != 1:
        raise NotAsToldError("The refusals differ, so they tell what exists.")
    return one["error_id"]


async def reading(agent: Agent, error_id: str) -> None:
    """See what the other one did, and fail to take it back."""
    await agent.ask("it looks around", "list_projects", {"organization_id": "acme"}, told=_projects)
    one = {"project_id": _IOS, "error_id": error_id}
    await agent.ask("it reads the error that was just resolved", "get_error", one, told=_error)
    await agent.ask("it tries to open it again", "update_error", {**one, "operation": "open"})


async def release(agent: Agent) -> None:
    """Judge a release, without the events of single users."""
    await agent.ask("it asks how stable the app is", "get_stability_trend", {"project_id": _IOS}, told=_stability)
    await agent.ask("it asks for the crashes of single users", "list_events", {"project_id": _IOS})


def _access(content: Mapping[str, Any]) -> str:
    connections = content["access"]["connections"]
    places: dict[str, list[str]] = {}
    for held in (each for connection in connections for each in connection["access"]):
        names = [*held.get("projects", ()), *held.get("organizations", ())]
        places.setdefault(", ".join(names), []).append(f"{held['resource']} = {held['level']}")
    return "; ".join(f"in {where}: {', '.join(levels)}" for where, levels in places.items())


def _errors(content: Mapping[str, Any]) -> str:
    error = first(content, "errors")
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


def _what(error: Mapping[str, Any]) -> str:
    outside = error.get("untrusted", {})
    return f"{outside.get('error_class', 'an error')} in {outside.get('context', 'the app')}"
