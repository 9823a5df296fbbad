"""The decision on one question. Rule: total and pure; it never raises and never allows without a grant (row 33)."""

from collections.abc import Iterable, Sequence
from enum import Enum, unique

from crashgate.catalogue.access import Access, Level
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.scope import Dimension
from crashgate.policy.decision import Buckets, Decision, Effect, Reason, Rule
from crashgate.policy.pattern import STRANGER, any_matches, example
from crashgate.policy.policy import Policy
from crashgate.policy.question import Place, Question
from crashgate.policy.wording import word


def decide(policy: Policy | None, question: Question) -> Decision:
    """Allow, deny, or "depends on the place", with the rule that decided.

    ``policy`` is the agent's own, or None where no policy speaks of it. A question of dimension ``nothing`` needs no
    place. One on an organization or a project is never allowed before that place is known; the project's
    organization has to be known only where it could change the answer. ``off`` beats every other grant. Whatever
    goes wrong in here denies, with the reason ``internal``.
    """
    try:
        _refuse_lookalikes(question)
        if policy is None:
            return _unknown_agent(question)
        return _weigh(policy, question)
    except Exception as error:  # noqa: BLE001 - an error inside the gate denies, whatever it is
        return Decision(
            effect=Effect.DENY,
            reason=Reason.INTERNAL,
            rule=None,
            policy_hash=policy.hash if type(policy) is Policy else None,
            because=f"deciding failed ({type(error).__name__})",
            would_allow="report this: it is a defect of crashgate, and no policy can mend it",
            buckets=Buckets(),
        )


def _weigh(policy: Policy, question: Question) -> Decision:
    if type(policy) is not Policy or policy.agent != question.agent:
        raise ValueError("this is not the policy of the agent that asks")
    found = _sorted(policy, question)
    granting = (*found.granted, *found.may_grant)
    if found.switched_off:
        return _switched_off(policy, question, found, found.switched_off[0])
    if found.granted and not found.may_switch_off:
        rule = found.granted[0]
        return _decision(policy, found, Effect.ALLOW, Reason.GRANTED, rule, rule.gives())
    open_rule = _open_somewhere(question, granting, found.may_switch_off)
    if open_rule is not None:
        because = f"{open_rule.gives()} in {open_rule.places()}, and the place is not known yet"
        return _decision(policy, found, Effect.DEPENDS, Reason.MAY_DEPEND, open_rule, because)
    if granting and found.may_switch_off:
        return _switched_off(policy, question, found, found.may_switch_off[0])
    return _not_granted(policy, question, found)


def _not_granted(policy: Policy, question: Question, found: Buckets) -> Decision:
    access, need = question.access, question.access.least_level
    written = f'access.{word(question.resource)} = "{need}"'
    if found.too_low:
        rule = max(found.too_low, key=lambda each: each.level.rank)
        because = f"{rule.gives()}, and {access} needs {need}"
        fix = f"write {written} in {rule.spot}"
        return _decision(policy, found, Effect.DENY, Reason.LEVEL_TOO_LOW, rule, because, fix)
    outside = [rule for rule in found.outside if rule.level.allows(access)]
    if outside:
        rule = outside[0]
        because = f"{rule.gives()} only in {rule.places()}"
        fix = f"name this place in {rule.where}, or write a grant for it with {written}"
        return _decision(policy, found, Effect.DENY, Reason.OUTSIDE_SCOPE, rule, because, fix)
    subject = f"{word(question.resource)} on connection {word(question.connection)}"
    because = f"no grant of {policy.source} gives {need} on {subject}"
    fix = f'write a grant in {policy.source} on connection "{word(question.connection)}" with {written}'
    return _decision(policy, found, Effect.DENY, Reason.NO_GRANT, None, because, fix)


def _switched_off(policy: Policy, question: Question, found: Buckets, rule: Rule) -> Decision:
    because = f"{rule.gives()}, and off beats every other grant"
    fix = f"take {rule.setting} out of {rule.spot}"
    if not (found.granted or found.may_grant):
        fix += f', and grant access.{word(question.resource)} = "{question.access.least_level}" there'
    return _decision(policy, found, Effect.DENY, Reason.SWITCHED_OFF, rule, because, fix)


def _unknown_agent(question: Question) -> Decision:
    agent = word(question.agent)
    return Decision(
        effect=Effect.DENY,
        reason=Reason.UNKNOWN_AGENT,
        rule=None,
        policy_hash=None,
        because=f"no policy speaks of agent {agent}",
        would_allow=f'write a policy document with agent = "{agent}"',
        buckets=Buckets(),
    )


def _decision(  # noqa: PLR0913, PLR0917 - the parts of one value, in the order of its fields
    policy: Policy,
    found: Buckets,
    effect: Effect,
    reason: Reason,
    rule: Rule | None,
    because: str,
    would_allow: str = "",
) -> Decision:
    return Decision(
        effect=effect,
        reason=reason,
        rule=rule,
        policy_hash=policy.hash,
        because=because,
        would_allow=would_allow,
        buckets=found,
    )


@unique
class _Fit(Enum):
    """Whether the question's place is one where a grant holds."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


def _sorted(policy: Policy, question: Question) -> Buckets:
    """Put each grant in its bucket."""
    elsewhere: list[int] = []
    buckets: dict[str, list[Rule]] = {}
    for grant in policy.grants:
        if grant.connection != question.connection or question.resource not in grant.access:
            elsewhere.append(grant.index)
            continue
        rule = Rule.of(grant, question.resource, source=policy.source)
        buckets.setdefault(_bucket(rule, question), []).append(rule)
    return Buckets(
        elsewhere=tuple(elsewhere),
        **{name: tuple(rules) for name, rules in buckets.items()},
    )


def _bucket(rule: Rule, question: Question) -> str:
    fit = _fit(rule, question)
    if fit is _Fit.OUTSIDE:
        return "outside"
    if rule.level is Level.OFF:
        return "switched_off" if fit is _Fit.INSIDE else "may_switch_off"
    if not rule.level.allows(question.access):
        return "too_low"
    return "granted" if fit is _Fit.INSIDE else "may_grant"


def _fit(rule: Rule, question: Question) -> _Fit:
    if question.dimension is Dimension.NOTHING:
        return _Fit.INSIDE
    if question.dimension is Dimension.ORGANIZATION:
        return _fit_of_own(rule.organizations, question.organization)
    fits = {_fit_of_own(rule.projects, question.project), _fit_of_wider(rule.organizations, question.organization)}
    if _Fit.OUTSIDE in fits:
        return _Fit.OUTSIDE
    return _Fit.UNKNOWN if _Fit.UNKNOWN in fits else _Fit.INSIDE


def _fit_of_own(patterns: Sequence[str] | None, place: Place | None) -> _Fit:
    """The dimension that the grant must name: what it does not name, it does not hold for."""
    if not patterns:
        return _Fit.OUTSIDE
    if place is None:
        return _Fit.UNKNOWN
    return _Fit.INSIDE if any_matches(patterns, place.names) else _Fit.OUTSIDE


def _fit_of_wider(patterns: Sequence[str] | None, place: Place | None) -> _Fit:
    """The dimension around it, which narrows where the grant names it. ``*`` narrows nothing, so it asks nothing."""
    if patterns is None or (place is None and "*" in patterns):
        return _Fit.INSIDE
    return _fit_of_own(patterns, place)


def _open_somewhere(question: Question, granting: Iterable[Rule], offs: Sequence[Rule]) -> Rule | None:
    """The first of ``granting`` that holds in some place where none of ``offs`` does.

    It is enough to try one example of each pattern: an ``off`` that holds for the example holds for all that the
    pattern covers (``pattern.example``). Organizations and projects are tried apart; an ``off`` hits a place when it
    hits both.
    """
    for rule in granting:
        by_organization = {
            frozenset(number for number, off in enumerate(offs) if _hits(off.organizations, names))
            for names in _candidates(rule.organizations, question.organization)
        }
        by_project = {
            frozenset(number for number, off in enumerate(offs) if _hits(off.projects, names))
            for names in _candidates(rule.projects, question.project)
        }
        if question.dimension is Dimension.ORGANIZATION:
            by_project = {frozenset(range(len(offs)))}
        if any(some.isdisjoint(others) for some in by_organization for others in by_project):
            return rule
    return None


def _candidates(patterns: Sequence[str] | None, place: Place | None) -> list[frozenset[str]]:
    if place is not None:
        return [place.names]
    return [frozenset({example(pattern)}) for pattern in patterns] if patterns is not None else [frozenset({STRANGER})]


def _hits(patterns: Sequence[str] | None, names: Iterable[str]) -> bool:
    return patterns is None or any_matches(patterns, names)


def _refuse_lookalikes(question: object) -> None:
    """Let only plain values through: another type could compare equal to whatever a grant names.

    Raises TypeError.
    """
    if type(question) is not Question:
        raise TypeError("this is not a question")
    texts: list[object] = [question.agent, question.connection, question.operation, question.resource]
    access: object = question.access
    dimension: object = question.dimension
    if any(type(text) not in {str, Provider} for text in texts):
        raise TypeError("a question's words are plain text")
    if type(access) is not Access or type(dimension) is not Dimension:
        raise TypeError("a question's access and dimension come from the catalogue")
    places: list[object] = [question.organization, question.project]
    for place in places:
        if place is not None and not _is_plain(place):
            raise TypeError("a question's places are sets of plain names")


def _is_plain(place: object) -> bool:
    if type(place) is not Place:
        return False
    names: object = place.names
    return type(names) is frozenset and all(type(name) is str for name in names)
