"""What every probe in Python shares. Rule: only the standard library; each probe has an environment of its own.

A probe reads a job as JSON: how to reach the server, and the calls to make. It prints, as JSON, what its client would
give to a model: the tools with their parameters, and each call's answer.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Call:
    """One tool call that the model is made to ask for."""

    label: str
    tool: str
    arguments: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Job:
    """How to reach the server, and the calls to make. Either ``command`` or ``url`` is set."""

    command: list[str] | None
    url: str | None
    headers: dict[str, str]
    era: str
    calls: list[Call]


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a model would be given."""

    tools: dict[str, list[str]]
    """The parameters of each tool, sorted."""
    given: dict[str, Any]
    """Each call's answer, by its label."""


def parameters(schema: dict[str, Any] | None) -> list[str]:
    """The names of a schema's properties, sorted."""
    return sorted((schema or {}).get("properties") or {})


def run(probe: Callable[[Job], Coroutine[Any, Any, Report]]) -> None:
    """Read the job, run the probe, and print its report."""
    read = json.loads(sys.stdin.read())
    job = Job(**{**read, "calls": [Call(**each) for each in read["calls"]]})
    report = asyncio.run(probe(job))
    print(json.dumps({"tools": report.tools, "given": report.given}, default=str))
