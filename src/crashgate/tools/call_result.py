"""What a call gives. Rule: an error says the same in its text and in its structured content; clients read either."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crashgate.errors import Code, CrashgateError, InvalidArgumentsError, LimitError, NotNowError
from crashgate.model.tool import Detail, Link, Reply, Shown, Tool
from crashgate.offload import offload
from crashgate.policy.review.explain import Refusal
from crashgate.tools.cursors import Cursors, rest_of
from crashgate.views.present import UNTRUSTED, fit
from crashgate.views.rows import noticed

_is_legal = re.compile(r"[a-z][a-z0-9_]{0,63}").fullmatch
_SHORTENED = "Parts were too large for one answer and are shortened."
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


def legal_name(name: str) -> str | None:
    """The name where it could be one of a tool; the log shows no other text of the caller's."""
    # check[always]: only a legal name of a tool is logged
    return name if _is_legal(name) else None


async def show_page(  # noqa: PLR0913 - what was asked, and what came
    tool: Tool,
    own: Tool,
    reply: Reply,
    detail: Detail,
    *,
    cursors: Cursors,
    bound: Sequence[object],
    mark: str | None,
    skipped: int,
) -> Answer:
    """The answer of ``own``, which is the provider's part of ``tool``, without the first ``skipped`` rows."""
    page = replace(reply.page, rows=reply.page.rows[skipped:])
    shown: Shown = await offload(page.size, view_reply, own, replace(reply, page=page), detail)
    content, text, next_mark = dict(shown.content), shown.text, reply.page.next_mark
    if shown.rows is not None:
        left = len(page.rows) - shown.rows
        remedy = "next_cursor shows them" if tool.pages else "ask for fewer, with filters"
        content["not_shown"] = {"count": left, "remedy": remedy}
        text = f"{text} {left} more are too much for one answer: {remedy}."
        # Upstream's next page begins after these, so the way on is the rest of this one.
        next_mark = rest_of(mark, skipped + shown.rows)
    if tool.pages and next_mark is not None:
        content["next_cursor"] = cursors.seal(next_mark, bound_to=bound)
    if tool.pages and reply.page.previous_mark is not None:
        content["previous_cursor"] = cursors.seal(reply.page.previous_mark, bound_to=bound)
    return Answer(
        # check[unwrap]: an agent is told which fields were redacted
        content=with_redacted(content, reply.page.redacted),
        text=text,
    )


def view_reply(tool: Tool, reply: Reply, detail: Detail) -> Shown:
    """The tool's view of a reply, bounded."""
    return fit_answer(tool.view(reply, detail))


def fit_answer(shown: Shown) -> Shown:
    """The same, in as many bytes as an answer may have; in the open."""
    content, shortened = fit(shown.content)
    # check[never]: an answer is bounded in bytes whatever the script
    return replace(shown, content=content, text=f"{shown.text} {_SHORTENED}") if shortened else shown


def with_redacted(content: Mapping[str, Any], names: Iterable[str]) -> Mapping[str, Any]:
    """The content, and what the policy took out of it, so that nobody takes it for absent."""
    redacted = sorted(names)
    return {**content, "redacted": redacted} if redacted else content


def with_times(content: Mapping[str, Any], read_as: Mapping[str, str]) -> Mapping[str, Any]:
    """The content, and the moments in UTC that the caller's short times were read as."""
    return {**content, "read_as": dict(read_as)} if read_as else content


def with_names(content: Mapping[str, Any], reply: Reply) -> Mapping[str, Any]:
    """The content, and the ids that the caller's names were read as, with what people call what has them."""
    if not reply.named:
        return content
    ids = {name: identifier for name, (identifier, _) in reply.named.items()}
    words = {name: dict(shown) for name, (_, shown) in reply.named.items() if shown}
    named = {**content, "read_as": {**content.get("read_as", {}), **ids}}
    return noticed({**named, UNTRUSTED: {"read_as": words}} if words else named)
