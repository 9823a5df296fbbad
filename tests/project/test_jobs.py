"""docs/jobs.md: every call on the page gives the answer beside it, within the number of tokens that the page says.

The calls go to the sandbox through the whole program, at one fixed time, one after the other. What they answer is
written anew with CRASHGATE_SNAPSHOTS=write; the review of that change is the test.
"""

import json
import os
import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crashgate.config import wiring
from crashgate.config.connections import Sandbox
from crashgate.identity import Principal, Via
from crashgate.mcp import render
from crashgate.reference.examples import show_json
from crashgate_sandbox.app import create_app
from crashgate_sandbox.parts import installed_parts
from crashgate_sandbox.world.world import World
from tests.held_clock import HeldClock
from tests.house import NOW, OPERATOR, policies_of_all, settings_in
from tests.tools.counting import tokens

PAGE = Path(__file__).resolve().parents[2] / "docs" / "jobs.md"
_JOB = re.compile(r"^## (?P<question>.+?)\n(?P<text>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_CALL = re.compile(
    r"```text\n(?P<tool>[a-z_]+) (?P<arguments>\{.*?\})\n```\n\n```json\n(?P<answer>.*?)\n```", re.DOTALL
)
_MOST = re.compile(r"at most ([0-9,]+) tokens")


@dataclass(frozen=True, kw_only=True)
class Job:
    """A question of the page."""

    question: str
    most_tokens: int
    calls: Sequence[re.Match[str]]


def _jobs() -> list[Job]:
    page = PAGE.read_text(encoding="utf-8")
    return [
        Job(
            question=job["question"],
            most_tokens=int(_MOST.findall(job["text"])[0].replace(",", "")),
            calls=list(_CALL.finditer(job["text"])),
        )
        for job in _JOB.finditer(page)
        if "```text" in job["text"]
    ]


@pytest.fixture
async def ask(tmp_path: Path) -> AsyncGenerator[Any]:
    """Calls a tool as an operator who may do everything, on a new sandbox whose time stands still."""
    world, clock = World(now=NOW), HeldClock(NOW)
    services = {part.provider: part.open(world, clock, None) for part in installed_parts()}
    sandbox = Sandbox(app=create_app(world, services=services, limits=None, clock=clock), limited=False)
    settings = settings_in(tmp_path, policies=policies_of_all(tmp_path / "policies"))
    async with wiring.toolbox(settings, {}, sandbox=sandbox, clock=clock) as toolbox:

        async def ask(tool: str, arguments: dict[str, Any]) -> Any:  # noqa: ANN401 - a result
            answer = await toolbox.call(Principal(agent=OPERATOR, via=Via.MEMORY), tool, arguments)
            assert answer.error is None, f"{tool}: {answer.text}"
            return answer

        yield ask


@pytest.mark.parametrize("job", _jobs(), ids=lambda job: job.question)
async def test_a_question_has_the_answer_of_the_page_within_its_tokens(ask: Any, job: Job) -> None:  # noqa: ANN401 - a fixture
    shown, cost = list[str](), 0
    for call in job.calls:
        answer = await ask(call["tool"], json.loads(call["arguments"]))
        result = render.answer(answer)
        cost += tokens(result.structured_content) + tokens(answer.text)
        cursor = {"next_cursor": "…"} if "next_cursor" in answer.content else {}  # sealed anew each time
        shown.append(show_json({"answer": answer.text, **answer.content, **cursor}))

    if os.environ.get("CRASHGATE_SNAPSHOTS") == "write":
        page = PAGE.read_text(encoding="utf-8")
        for call, answer in zip(job.calls, shown, strict=True):
            page = page.replace(call[0], call[0].replace(f"```json\n{call['answer']}\n```", f"```json\n{answer}\n```"))
        PAGE.write_text(page, encoding="utf-8")
    else:
        assert [call["answer"] for call in job.calls] == shown
    assert cost <= job.most_tokens


def test_each_question_is_answered_in_as_few_calls_as_the_page_says() -> None:
    words = {"one": 1, "two": 2}
    page = PAGE.read_text(encoding="utf-8")
    said = re.findall(r"^(One|Two) calls?, at most", page, re.MULTILINE)

    assert [words[each.lower()] for each in said] == [len(job.calls) for job in _jobs()]
