"""Whether an error comes with a feature flag: its share of the error's events against that of all others.

A difference is told only where it is larger than chance explains, and is no proof of a cause: a flag is often set for
the people who would have met the error anyway. An experiment is a flag with variants, of which one may be the cause
although the flag is set for everybody; they are compared in samples of the newest events.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Annotated, Any

from crashgate.model.capability import (
    ERROR_EVENT_FLAGS,
    ERROR_FLAGS,
    LIST_FLAGS,
    OTHER_EVENT_FLAGS,
    PROJECT_FLAGS,
    READ_ERROR,
    EventFlagsFacts,
    FlagCountFacts,
    FlagFacts,
)
from crashgate.model.composite import CompositeTool, StepResult, Steps
from crashgate.model.params import In, ObjectId, Params, Ref
from crashgate.model.tool import Shown
from crashgate.sanitise import clean
from crashgate.tools.composites.proportions import share_interval
from crashgate.views.present import UNTRUSTED
from crashgate.views.rows import noticed

_FEWEST_EVENTS = 20
"""Of the error, and of all others: below it a share says nothing."""
_NEWEST = 30
_MOST_FLAGS = 4
_MOST_VARIANTS = 3
_CONFIDENCE = 0.99
"""Of the intervals: a project has many flags, and each is a chance to be misled."""
_LONGEST_NAME = 60


class CheckFeatureFlags(Params):
    """Which error."""

    project_id: Annotated[Ref, In.NOWHERE]
    error_id: Annotated[ObjectId, In.NOWHERE]


@unique
class Verdict(StrEnum):
    """What two shares say."""

    MORE_OFTEN = "more_often"
    LESS_OFTEN = "less_often"
    NO_DIFFERENCE = "no_difference"
    NOT_ENOUGH_DATA = "not_enough_data"


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """How many events there were with something, of how many: of the error, and of all others, if that is known."""

    some: int
    of: int
    others_some: int | None = None
    others_of: int | None = None

    @property
    def verdict(self) -> Verdict:
        """Whether the shares differ by more than chance explains."""
        if self.others_of is None or self.others_some is None or min(self.of, self.others_of) < _FEWEST_EVENTS:
            return Verdict.NOT_ENOUGH_DATA
        low, high = share_interval(self.some, self.of, confidence=_CONFIDENCE)
        others_low, others_high = share_interval(self.others_some, self.others_of, confidence=_CONFIDENCE)
        if low > others_high:
            return Verdict.MORE_OFTEN
        return Verdict.LESS_OFTEN if high < others_low else Verdict.NO_DIFFERENCE

    @property
    def own(self) -> float | None:
        """The share of the error's events, from 0 to 1."""
        return _ratio(self.some, self.of)

    @property
    def others(self) -> float | None:
        """The share of all others."""
        return _ratio(self.others_some, self.others_of)


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag:
    """A flag on the error's events, and its variants in samples of the newest events."""

    name: str
    share: Share
    variants: Mapping[str, Share]

    @property
    def stands_out(self) -> bool:
        """Whether it, or a variant of it, is more frequent with the error than elsewhere."""
        return Verdict.MORE_OFTEN in {self.share.verdict, *(each.verdict for each in self.variants.values())}


async def take_steps(steps: Steps, params: CheckFeatureFlags) -> Shown:
    """The flags of the error's events, each with its shares and what they say."""
    project, named = params.project_id, {"project_id": params.project_id, "error_id": params.error_id}
    own = await steps.ask(ERROR_FLAGS, **named)
    error = await steps.try_ask("since", READ_ERROR, **named)
    since = error.rows[0].first_seen if error and error.rows else None
    every = newest = others = known = None
    if _flags(own):
        every = await steps.try_ask("other_events", PROJECT_FLAGS, project_id=project, since=since)
        newest = await steps.try_ask("variants", ERROR_EVENT_FLAGS, **named, most=_NEWEST)
        others = newest and await steps.try_ask("variants", OTHER_EVENT_FLAGS, **named, most=_NEWEST)
        known = await steps.try_ask("first_seen", LIST_FLAGS, project_id=project)
    found = _compare(own, every, newest, others)
    check: dict[str, Any] = {"events": _events(own)}
    if found and (of := found[0].share.others_of) is not None:
        check["other_events"] = of
    if since:
        check["since"] = since
    check["flags"] = [_show(each, known) for each in found[:_MOST_FLAGS]]
    if len(found) > _MOST_FLAGS:
        check["flags_not_shown"] = len(found) - _MOST_FLAGS
    if newest and others:
        check["sampled_for_variants"] = [len(newest.rows), len(others.rows)]
    if steps.left_out:
        check["left_out"] = steps.left_out
    return Shown(content=noticed({"check": check}), text=f"{_finding(own, found, steps.left_out)} In {own.where}.")


def _compare(
    own: StepResult[FlagCountFacts],
    every: StepResult[FlagCountFacts] | None,
    newest: StepResult[EventFlagsFacts] | None,
    others: StepResult[EventFlagsFacts] | None,
) -> list[Flag]:
    """The flags, what stands out first; the error's own events are taken out of all."""
    events = _events(own) or 0
    all_flags, all_events = (_flags(every), _events(every)) if every else ({}, None)
    # Two requests count at two moments, so that a difference can be off by a few.
    rest = None if all_events is None else max(0, all_events - events)
    found: list[Flag] = []
    for name, some in _flags(own).items():
        others_some = min(rest, max(0, all_flags[name] - some)) if rest is not None and name in all_flags else None
        share = Share(some=min(some, events), of=events, others_some=others_some, others_of=rest)
        found.append(Flag(name=name, share=share, variants=_variants(name, newest, others)))
    order = list(Verdict)
    return sorted(found, key=lambda each: (not each.stands_out, order.index(each.share.verdict), -each.share.some))


def _variants(
    name: str, newest: StepResult[EventFlagsFacts] | None, others: StepResult[EventFlagsFacts] | None
) -> dict[str, Share]:
    """The variants of a flag among the newest events, the most frequent first."""
    if newest is None:
        return {}
    own, elsewhere = _count(name, newest), _count(name, others) if others else Counter[str]()
    return {
        variant: Share(
            some=own[variant],
            of=len(newest.rows),
            others_some=elsewhere[variant] if others else None,
            others_of=len(others.rows) if others else None,
        )
        for variant, _ in (own + elsewhere).most_common(_MOST_VARIANTS)
    }


def _count(name: str, events: StepResult[EventFlagsFacts]) -> Counter[str]:
    return Counter(variant for row in events.rows for flag, variant in row.flags if flag == name and variant)


def _flags(found: StepResult[FlagCountFacts]) -> dict[str, int]:
    return {name: number for row in found.rows for name, number in (row.flags or {}).items()}


def _events(found: StepResult[FlagCountFacts]) -> int | None:
    return next((row.events for row in found.rows if row.events is not None), None)


def _show(flag: Flag, known: StepResult[FlagFacts] | None) -> dict[str, Any]:
    """One flag; each variant as its name, its two shares, and what they say where that is something."""
    shown: dict[str, Any] = {
        "verdict": flag.share.verdict,
        "events": flag.share.some,
        "share": flag.share.own,
        "others_share": flag.share.others,
        "first_seen": next((row.first_seen for row in (known.rows if known else ()) if row.name == flag.name), None),
    }
    outside: dict[str, Any] = {"flag": _name(flag.name)}
    if flag.variants:
        outside["variants"] = [_show_variant(variant, each) for variant, each in flag.variants.items()]
    return {**{key: value for key, value in shown.items() if value is not None}, UNTRUSTED: outside}


def _show_variant(name: str, share: Share) -> list[Any]:
    others = [] if share.others is None else [share.others]
    said = [share.verdict] if share.verdict in {Verdict.MORE_OFTEN, Verdict.LESS_OFTEN} else []
    return [_name(name), share.own, *others, *said]


def _name(text: str) -> str:
    return clean(text, limit=_LONGEST_NAME, lines=False)


def _ratio(some: int | None, of: int | None) -> float | None:
    return None if some is None or not of else round(some / of, 2)


def _finding(own: StepResult[FlagCountFacts], found: list[Flag], left_out: Mapping[str, str]) -> str:
    """The finding in a sentence of ours: no text of outsiders."""
    if not found:
        if any(row.flags is not None for row in own.rows):
            return "No feature flag was set on this error's events."
        return "Events are not counted by feature flag here: get_event shows those of one event."
    out = sum(each.stands_out for each in found)
    if out:
        return (
            f"{out} of {len(found)} flags, or a variant, on a larger share of this error's events than of others',"
            " beyond chance: a possible cause, not a proof."
        )
    if all(each.share.verdict is Verdict.NOT_ENOUGH_DATA for each in found):
        return f"Not enough data: fewer than {_FEWEST_EVENTS} events of this error, or of others to compare with."
    variants = " Variants were not compared." if "variants" in left_out else ""
    return f"No flag is on a larger share of this error's events than of others': none looks like the cause.{variants}"


CHECK_FEATURE_FLAGS = CompositeTool(
    name="check_feature_flags",
    title="Check feature flags",
    description=(
        "Did a feature flag or experiment cause an error? Shares of its events with each, against the project's other"
        " events, with a verdict."
    ),
    params=CheckFeatureFlags,
    first=ERROR_FLAGS,
    others=(READ_ERROR, PROJECT_FLAGS, ERROR_EVENT_FLAGS, OTHER_EVENT_FLAGS, LIST_FLAGS),
    take_steps=take_steps,
    holds=("check", "object"),
    shows=("events", "other_events", "since", "flags", "flags_not_shown", "sampled_for_variants", "left_out"),
)
