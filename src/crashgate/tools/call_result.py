"""What a call gives. Rule: an error says the same in its text and in its structured content; clients read either."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crashgate.errors import Code, CrashgateError, InvalidArgumentsError, LimitError, NotNowError
from crashgate.model.tool import Link
from crashgate.policy.review.explain import Refusal
from crashgate.views.present import UNTRUSTED

_REMEDY = "If it happens again, tell the operator of crashgate."
_ALL = "my_access"
_NEAR = 5
"""Its place among the nearest tools, at the latest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a call gives: the structured content and a text, or an error of ours in the same form."""

    content: Mapping[str, Any]
    text: str
    error: Code | None = None
    links: tuple[Link, ...] = ()


def refused(refusal: Refusal) -> Answer:
    """The one answer to everything that does not exist or is not allowed."""
    error = {
        "code": Code.NOT_AVAILABLE.value,
        "message": refusal.message,
        "remedy": refusal.remedy,
        **({"tools": list(refusal.tools)} if refusal.tools else {}),
        **({"owner": refusal.owner} if refusal.owner else {}),
    }
    return Answer(content={"error": error}, text=refusal.text, error=Code.NOT_AVAILABLE)


def failed(problem: CrashgateError, *, tools: Sequence[str] = (), owner: str | None = None) -> Answer:
    """Any other error of ours: ``tools`` are what may be used meanwhile, ``owner`` answers for the agent's policy."""
    message = " ".join(part for part in (problem.what, problem.why) if part)
    remedy = problem.remedy or _REMEDY
    error: dict[str, Any] = {"code": problem.code.value, "message": message, "remedy": remedy}
    words = [message, remedy]
    if isinstance(problem, InvalidArgumentsError) and problem.choices:
        error[UNTRUSTED] = {"choices": [dict(each) for each in problem.choices]}
        words.append(f"{UNTRUSTED}: {json.dumps(error[UNTRUSTED], ensure_ascii=False)}")
    if tools:
        error["tools"] = list(tools)
        words.append(f"Meanwhile you may use: {', '.join(tools)}.")
    if owner:
        error["owner"] = owner
        words.append(f"Your policy belongs to {owner}.")
    if isinstance(problem, LimitError) and problem.retry_after is not None:
        error["retry_after_seconds"] = problem.retry_after
    if isinstance(problem, NotNowError) and problem.approval is not None:
        error["approval"] = problem.approval
    return Answer(content={"error": error}, text=" ".join(words), error=problem.code)


def nearest(asked: str, tools: Sequence[str]) -> list[str]:
    """``tools``, those nearest to what was asked for first: of the same resource, then of the same verb.

    Only names decide, the one that the caller sent and those that it is shown, so the order tells nothing else.
    The tool that tells an agent all it may do is never far.
    """
    verb, nouns = _parts(asked)

    def distance(name: str) -> tuple[bool, bool]:
        own_verb, own_nouns = _parts(name)
        return nouns.isdisjoint(own_nouns), own_verb != verb

    ordered = sorted(tools, key=distance)
    if _ALL in ordered[_NEAR:]:
        ordered.remove(_ALL)
        ordered.insert(_NEAR, _ALL)
    return ordered


def _parts(name: str) -> tuple[str, frozenset[str]]:
    """The verb and the nouns of a tool's name, one form for one and for many."""
    verb, *nouns = name.split("_")
    return verb, frozenset(noun.removesuffix("s").removesuffix("e") for noun in nouns)
