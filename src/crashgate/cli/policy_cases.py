"""Cases of ``policy test``: what an agent asks, and what it should get. Rule: a case that is not clear is an error."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from crashgate.cli.tool_question import explained
from crashgate.errors import ConfigurationError, InvalidArgumentsError
from crashgate.model.catalogue import Catalogue
from crashgate.policy.decision import Reason
from crashgate.policy.policy import PolicySet
from crashgate.policy.toml_positions import survey
from crashgate.policy.wording import unknown, word

OUTCOMES: Final = ("allow", "deny", "depends", "approve")
_KEYS: Final = ("agent", "tool", "operation", "args", "after_untrusted", "expect", "reason")


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """``call`` is a tool or an operation; ``reason`` is None where any will do.

    ``tainted``: the call comes right after one that asked for text which outsiders can write.
    """

    file: Path
    line: int
    agent: str
    call: str
    arguments: Mapping[str, Any]
    expect: str
    reason: str | None
    tainted: bool = False

    @property
    def spot(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"

    @property
    def words(self) -> str:
        """The call as ``policy explain`` takes it."""
        return " ".join([self.agent, self.call, *(f"{name}={value}" for name, value in self.arguments.items())])


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What the policies say to a case."""

    outcome: str
    reason: str
    sentence: str

    def fits(self, case: Case) -> bool:
        """Whether it is what was expected."""
        return self.outcome == case.expect and case.reason in {None, self.reason}

    def against(self, case: Case) -> str:
        """What was expected, and what came."""
        wanted = case.expect + (f" ({case.reason})" if case.reason else "")
        return f"expected {wanted}, got {self.outcome} ({self.reason}). {self.sentence}"


def read(file: Path) -> tuple[Case, ...]:
    """The cases of a file. Raises ConfigurationError with the line of what is wrong."""
    try:
        text = file.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}", remedy="Write [[case]] in TOML.") from error
    lines = survey(text.replace("\r\n", "\n"))
    entries: object = data.get("case")
    if set(data) != {"case"} or not isinstance(entries, list):
        raise _wrong(file, 1, "a file of cases holds [[case]] and nothing else")
    found = cast("list[object]", entries)
    return tuple(_case(file, lines.line(("case", number)), each) for number, each in enumerate(found))


def judge(case: Case, policies: PolicySet, connections: Mapping[str, str], catalogue: Catalogue) -> Verdict:
    """What the policies say. Raises ConfigurationError for a call that nobody could make."""
    try:
        found = explained(
            policies.get(case.agent),
            agent=case.agent,
            tool=case.call,
            given=case.arguments,
            connections=connections,
            catalogue=catalogue,
            tainted=case.tainted,
        )
    except InvalidArgumentsError as problem:
        raise _wrong(case.file, case.line, f"{problem.what} {problem.remedy}".strip()) from problem
    return Verdict(outcome=found.outcome, reason=found.decision.reason.value, sentence=found.sentence)


def _case(file: Path, line: int, value: object) -> Case:
    if not isinstance(value, dict):
        raise _wrong(file, line, "a case is a table: write [[case]] and its keys below it")
    data = cast("dict[str, object]", value)
    for problem in _problems(data):
        raise _wrong(file, line, problem)
    return Case(
        file=file,
        line=line,
        agent=str(data["agent"]),
        call=str(data.get("tool", data.get("operation"))),
        arguments=cast("dict[str, Any]", data.get("args", {})),
        expect=str(data["expect"]),
        reason=None if "reason" not in data else str(data["reason"]),
        tainted=data.get("after_untrusted") is True,
    )


def _problems(data: Mapping[str, object]) -> Iterator[str]:
    for key in data:
        if key not in _KEYS:
            yield unknown("key", key, _KEYS)
    for key in _KEYS:
        if key not in {"args", "after_untrusted"} and not isinstance(data.get(key, ""), str):
            yield f"`{key}` is not text"
    if not isinstance(data.get("after_untrusted", False), bool):
        yield "`after_untrusted` is neither true nor false"
    if not isinstance(data.get("args", {}), dict):
        yield 'args is not a table; write args = { project_id = "checkout-ios" }'
    if "agent" not in data or ("tool" in data) is ("operation" in data):
        yield "a case names an agent, and either a tool or an operation"
    if data.get("expect") not in OUTCOMES:
        yield unknown("expectation", word(str(data.get("expect", ""))), OUTCOMES)
    if "reason" in data and data["reason"] not in set(Reason):
        yield unknown("reason", word(str(data["reason"])), Reason)


def _wrong(file: Path, line: int, what: str) -> ConfigurationError:
    return ConfigurationError(f"{file}:{line}: {what}", remedy="Correct the case and run it again.")
