"""The decision on one question, total and pure: it never raises, and never allows without a grant (THREATS row 33).

A question made of anything but plain values is refused, because another type could compare equal to whatever a grant
names. Observe mode lets some refusals through, but never a delete and never a fault of the gate.
"""

from dataclasses import replace
from typing import cast

from crashgate.model.access import Access, Level
from crashgate.model.scope import Dimension
from crashgate.policy.decision import Buckets, Decision, Effect, Place, Question, Reason
from crashgate.policy.grants import Rule
from crashgate.policy.matching import fit, open_somewhere, sort
from crashgate.policy.policy import Mode, Policy
from crashgate.policy.serving import ALL, Freeze
from crashgate.policy.switches import Switch
from crashgate.policy.wording import word


def refuse_lookalikes(question: object) -> None:
    """Raises TypeError for whatever is not a question made of plain values (THREATS row 33)."""
    if type(question) is not Question:
        raise TypeError("this is not a question")
    texts: tuple[object, ...] = (question.agent, question.connection, question.operation, question.resource)
    for text in texts:
        # check: the words of a question are plain text
        if type(text) is not str:
            raise TypeError("a question's words are plain text")
    access: object = question.access
    dimension: object = question.dimension
    # check: an access in a question is the catalogue's
    if type(access) is not Access or type(dimension) is not Dimension:
        raise TypeError("a question's access and dimension come from the catalogue")
    # check: the parameters in a question are plain
    if not _are_plain(question.parameters):
        raise TypeError("a question's parameters are a set of plain names")
    places: object = question.places
    if type(places) is not dict:
        raise TypeError("a question's places are a plain table")
    for kind, place in cast("dict[object, object]", places).items():
        # check: a place in a question is a set of plain names
        if type(kind) is not Dimension or type(place) is not Place or not _are_plain(place.names):
            raise TypeError("a question's places are sets of plain names, by the kinds of the catalogue")


def _are_plain(names: object) -> bool:
    if type(names) is not frozenset:
        return False
    for name in cast("frozenset[object]", names):  # noqa: SIM110 - a generator costs more than the look, and this runs for every decision
        if type(name) is not str:
            return False
    return True


def decide(policy: Policy | None, question: Question) -> Decision:
    """Allow, deny, or "depends on the place", with the rule that decided.

    ``policy`` is the agent's own, or None where there is none. A question of dimension ``nothing`` needs no
    place. One on an organization or a project is never allowed before that place is known; the project's
    organization has to be known only where it could change the answer. ``off`` beats every other grant, whether a
    level says it or an operation or parameter is switched off by name. Whatever goes wrong in here denies, with the
    reason ``internal``.
    """
    try:
        # check: a lookalike of a question is refused
        refuse_lookalikes(question)
        # check: an agent without a policy is denied
        if policy is None:
            return _deny_unknown_agent(question)
        return _weigh(policy, question)
    # check: an error inside the decision denies
    except Exception as error:  # noqa: BLE001 - an error inside the gate denies, whatever it is
        return Decision(
            effect=Effect.DENY,
            reason=Reason.INTERNAL,
            rule=None,
            policy_hash=policy.hash if type(policy) is Policy else None,
            because=f"deciding failed ({type(error).__name__})",
            would_allow="report this: it is a defect of crashgate, and no policy can fix it",
            buckets=Buckets(),
        )


def _weigh(policy: Policy, question: Question) -> Decision:
    if (
        type(policy) is not Policy  # check: a policy is of its very class
        # check: a policy decides for its own agent only
        or policy.agent != question.agent
    ):
        raise ValueError("this is not the policy of the agent that asks")
    # check: what the server does not serve is denied
    if policy.serving is not ALL and policy.serving.leaves_out(question):
        return _deny_frozen(policy) if policy.serving.is_frozen(question) else _deny_not_served(policy)
    topic = policy.index.topic(question)
    here, around = topic.places(question)
    fits = fit(topic, here, around)
    switches = policy.off.hit_by(question.operation, question.parameters) if policy.off.all else ()
    if (here is not None and not here.whole) or (around is not None and not around.whole):
        # What half of a place's names leaves open depends on that name too; only the command line asks so.
        return _work_out(policy, question, sort(topic, fits, question.access), switches)
    situation = (
        # check: an answer that is kept is for the same places known
        here is not None,
        around is not None,
        # check: an answer that is kept is for the same rules that hold
        fits,
        # check: an answer that is kept is for the same switches on the way
        switches,
    )
    decision = topic.answer(situation)
    if decision is None:
        decision = _work_out(policy, question, sort(topic, fits, question.access), switches)
        topic.keep(situation, decision)
    return decision


def _work_out(policy: Policy, question: Question, found: Buckets, switches: tuple[Switch, ...]) -> Decision:
    # check: a switch by name denies
    if switches:
        return _deny_by_name(policy, question, replace(found, switches=switches))
    return _weigh_grants(policy, question, found)


def _weigh_grants(policy: Policy, question: Question, found: Buckets) -> Decision:
    """What the grants say, whatever is switched off by name."""
    granting = (*found.granted, *found.may_grant)
    # check: a level off overrides every grant
    if found.switched_off:
        return _deny_where_off(policy, question, found, found.switched_off[0])
    if (
        found.granted
        # check: an off that may hold stops an allow
        and not found.may_switch_off
    ):
        rule = found.granted[0]
        return _decision(
            policy, found, Effect.ALLOW, Reason.GRANTED, rule, rule.gives(), approval=_needs_approval(policy, question)
        )
    open_rule = open_somewhere(question, granting, found.may_switch_off)
    if open_rule is not None:
        because = f"{open_rule.gives()} in {open_rule.places_spoken}, and the place is not known yet"
        approval = _needs_approval(policy, question)
        return _decision(policy, found, Effect.DEPENDS, Reason.MAY_DEPEND, open_rule, because, approval=approval)
    if granting and found.may_switch_off:
        return _deny_where_off(policy, question, found, found.may_switch_off[0])
    return _deny_ungranted(policy, question, found)


def _deny_by_name(policy: Policy, question: Question, found: Buckets) -> Decision:
    switch = found.switches[0]
    names = ", ".join(each.setting for each in found.switches)
    fix = f"take {names} out of {switch.spot}"
    rest = _weigh_grants(policy, question, found)
    if rest.effect is Effect.DENY:
        fix += f", and {rest.would_allow}"
    because = f"{switch.gives()}, and off overrides every grant"
    return _decision(policy, found, Effect.DENY, Reason.SWITCHED_OFF, switch, because, fix)


def _deny_ungranted(policy: Policy, question: Question, found: Buckets) -> Decision:
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
        because = f"{rule.gives()} only in {rule.places_spoken}"
        fix = f"name this place in {rule.where}, or write a grant for it with {written}"
        return _decision(policy, found, Effect.DENY, Reason.OUTSIDE_SCOPE, rule, because, fix)
    subject = f"{word(question.resource)} on connection {word(question.connection)}"
    because = f"no grant of {policy.source} gives {need} on {subject}"
    fix = f'write a grant in {policy.source} on connection "{word(question.connection)}" with {written}'
    return _decision(policy, found, Effect.DENY, Reason.NO_GRANT, None, because, fix)


def _deny_where_off(policy: Policy, question: Question, found: Buckets, rule: Rule) -> Decision:
    because = f"{rule.gives()}, and off overrides every other grant"
    fix = f"take {rule.setting} out of {rule.spot}"
    if not (found.granted or found.may_grant):
        fix += f', and grant access.{word(question.resource)} = "{question.access.least_level}" there'
    return _decision(policy, found, Effect.DENY, Reason.SWITCHED_OFF, rule, because, fix)


def _deny_unknown_agent(question: Question) -> Decision:
    agent = word(question.agent)
    return Decision(
        effect=Effect.DENY,
        reason=Reason.UNKNOWN_AGENT,
        rule=None,
        policy_hash=None,
        because=f"there is no policy for agent {agent}",
        would_allow=f'write a policy document with agent = "{agent}"',
        buckets=Buckets(),
    )


def _deny_frozen(policy: Policy) -> Decision:
    what = "the agent" if policy.serving.freeze is Freeze.ALL else "every change by the agent"
    fix = "the operator can run `crashgate unfreeze`"
    return _decision(policy, Buckets(), Effect.DENY, Reason.FROZEN, None, f"an operator has frozen {what}", fix)


def _deny_not_served(policy: Policy) -> Decision:
    options = policy.serving.options
    fix = f"start the server without {options}, or with more groups of tools"
    return _decision(policy, Buckets(), Effect.DENY, Reason.NOT_SERVED, None, f"this server serves {options}", fix)


def _decision(  # noqa: PLR0913, PLR0917 - the parts of one value, in the order of its fields
    policy: Policy,
    found: Buckets,
    effect: Effect,
    reason: Reason,
    rule: Rule | Switch | None,
    because: str,
    would_allow: str = "",
    *,
    approval: bool = False,
) -> Decision:
    return Decision(
        effect=effect,
        reason=reason,
        rule=rule,
        policy_hash=policy.hash,
        because=because,
        would_allow=would_allow,
        buckets=found,
        needs_approval=approval,
    )


def _needs_approval(policy: Policy, question: Question) -> bool:
    # check[never]: an approval is asked where the policy says so
    return question.operation in policy.approval.operations


def highest_level(policy: Policy | None, question: Question) -> Level:
    """What the grants give on the question's resource there, whatever is switched off by name."""
    for access in reversed(Access):
        if decide(policy, replace(question, operation="", access=access)).effect is not Effect.DENY:
            return access.least_level
    return Level.OFF


_TRIED = frozenset({Reason.SWITCHED_OFF, Reason.LEVEL_TOO_LOW, Reason.OUTSIDE_SCOPE, Reason.NO_GRANT})


def lets_through(policy: Policy | None, question: Question, decision: Decision) -> bool:
    """True when ``decision`` is a denial that is to be recorded as such and not obeyed (``mode = "observe"``).

    ``question.access`` is what the call takes with the parameters that were given, so one costly parameter is enough
    to make it a delete.
    """
    return (
        policy is not None
        # check: an enforced policy is enforced
        and policy.mode is Mode.OBSERVE
        # check: observe mode never lets a delete through
        and question.access is not Access.DELETE
        and decision.effect is Effect.DENY
        # check: observe mode lets no fault of the gate through
        and decision.reason in _TRIED
    )
