"""What a policy means, for people, for tools, and for an agent that is refused. Every answer comes from ``decide``."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from crashgate.model.access import Access, Level
from crashgate.model.scope import Dimension, kinds_of
from crashgate.policy.decide import decide, highest_level, lets_through
from crashgate.policy.decision import Decision, Effect, Question
from crashgate.policy.grants import Rule
from crashgate.policy.limits import spoken_minutes
from crashgate.policy.policy import Policy, PolicySet, Vocabulary
from crashgate.policy.serving import Freeze, Serving
from crashgate.policy.switches import Switch
from crashgate.policy.wording import inner_first, listed, places, word
from crashgate.sanitise import clean


def may_use(policy: Policy | None, question: Question) -> bool:
    """True when the answer is not "deny": asked without places, true when some place would allow it.

    Also true for what observe mode lets through. The one function behind ``tools/list`` (THREATS row 18).
    """
    decision = decide(policy, question)
    return decision.effect is not Effect.DENY or lets_through(policy, question, decision)


def explain(decision: Decision, question: Question) -> str:
    """The decision in sentences: what, where, why, the line that decided, and what would allow it."""
    verb = {Effect.ALLOW: "may", Effect.DENY: "may not", Effect.DEPENDS: "may, in some places,"}[decision.effect]
    subject = f"{word(question.agent)} {verb} {question.access} {word(question.resource)}"
    sentences = [f"{subject} {_at(question)}: {decision.because}."]
    if decision.rule is not None and decision.rule.line:
        sentences.append(f"Decided by {decision.rule.source}, line {decision.rule.line}.")
    if decision.would_allow:
        sentences.append(f"To allow it, {decision.would_allow}.")
    return " ".join(sentences)


def _at(question: Question) -> str:
    places = [f"{dimension.noun} {question.places[dimension].spoken}" for dimension in inner_first(question.places)]
    return f"in {' of '.join(places)} ({word(question.connection)})" if places else f"on {word(question.connection)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixRow:
    """What one agent holds on one resource: the highest level that some place gives, and each rule that speaks of it.

    ``level`` is ``off`` where no place gives any. ``off`` are the operations and parameters of that resource that are
    switched off by name, whatever the level.
    """

    agent: str
    connection: str
    resource: str
    level: Level
    rules: tuple[Rule, ...]
    off: tuple[str, ...] = ()


def matrix(policies: PolicySet, vocabulary: Vocabulary) -> tuple[MatrixRow, ...]:
    """Agents by connections by resources: agents by name, connections and resources as the vocabulary has them."""
    return tuple(row for policy in policies.values() for row in _rows(policy, vocabulary))


def _rows(policy: Policy, vocabulary: Vocabulary) -> Iterator[MatrixRow]:
    for connection, resources in vocabulary.connections.items():
        for resource, dimension in resources.items():
            question = Question(
                agent=policy.agent,
                connection=connection,
                operation="",
                resource=resource,
                access=Access.READ,
                dimension=dimension,
            )
            yield MatrixRow(
                agent=policy.agent,
                connection=connection,
                resource=resource,
                level=highest_level(policy, question),
                rules=tuple(
                    Rule.of(grant, resource, source=policy.source)
                    for grant in policy.grants
                    if grant.connection == connection and resource in grant.access
                ),
                off=tuple(each.name for each in policy.off.all if _acts_on(each, resource, vocabulary)),
            )


def _acts_on(switch: Switch, resource: str, vocabulary: Vocabulary) -> bool:
    operation = vocabulary.catalogue.operations.get(switch.operation)
    return operation is not None and operation.resource == resource


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldLevel:
    """One rule as its agent may know it: the level on a resource, and where. ``off`` takes that place out."""

    resource: str
    level: Level
    places: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionAccess:
    """What an agent holds on one connection, and the resources there on which it holds nothing."""

    connection: str
    held: tuple[HeldLevel, ...]
    not_granted: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessSummary:
    """What one agent may do, why not more, and who can change that."""

    agent: str
    about: str
    owner: str
    connections: tuple[ConnectionAccess, ...]
    why_not_more: str


def access_summary(policy: Policy, vocabulary: Vocabulary) -> AccessSummary:
    """What the tool ``my_access`` answers. crashgate's own connection is left out: whoever can ask, has it.

    A connection of which the policy does not speak is left out too: that it exists is not the agent's to know.
    """
    rows = tuple(_rows(policy, vocabulary))
    granted = dict.fromkeys(row.connection for row in rows if row.rules and row.connection != "crashgate")
    connections = tuple(
        _connection_access(connection, [row for row in rows if row.connection == connection], policy.serving)
        for connection in granted
    )
    return AccessSummary(
        agent=policy.agent,
        about=policy.about,
        owner=policy.owner,
        connections=connections,
        why_not_more=_why_not_more(policy, connections),
    )


def _connection_access(connection: str, rows: list[MatrixRow], serving: Serving) -> ConnectionAccess:
    return ConnectionAccess(
        connection=connection,
        held=tuple(
            HeldLevel(
                resource=rule.resource,
                level=serving.cap(rule.level),
                places={kind.plural: patterns for kind, patterns in rule.places.items()},
            )
            for row in rows
            if serving.includes(connection, row.resource)
            for rule in row.rules
        ),
        not_granted=tuple(row.resource for row in rows if row.level is Level.OFF),
    )


_FROZEN = {Freeze.ALL: "everything that you may do", Freeze.WRITES: "every change that you may make"}


def _beside(policy: Policy) -> str:
    """What a policy says beside its grants, as far as an agent meets it."""
    told = {
        "An operator has frozen": [_FROZEN[policy.serving.freeze]] if policy.serving.freeze else [],
        "This server was started with": [policy.serving.options] if policy.serving.narrows else [],
        "Switched off by name": [each.name for each in policy.off.all],
        "A person has to approve": sorted(policy.approval.operations),
        "At most": [rate.spoken for rate in policy.limits.rates],
        "Left out of answers": [*policy.redaction.sets, *policy.redaction.fields],
    }
    text = "".join(f" {head}: {listed(names, limit=300)}." for head, names in told.items() if names)
    minutes = policy.approval.after_untrusted_minutes
    if minutes is not None:
        text += (
            f" For {spoken_minutes(minutes)} after you ask for text that outsiders can write,"
            " a person has to approve every change."
        )
    return text


def _why_not_more(policy: Policy, connections: tuple[ConnectionAccess, ...]) -> str:
    gaps = [f"on {each.connection}: {listed(each.not_granted, limit=300)}" for each in connections if each.not_granted]
    nothing = f" Nothing is granted {'; '.join(gaps)}." if gaps else ""
    return (
        "Whatever the policy does not grant is denied: other places, other resources, higher levels."
        f"{nothing} read reads, write also changes, full also deletes; off overrides every grant.{_beside(policy)}"
        f" The policy belongs to {policy.owner}: ask there for more."
    )


MOST_TOOLS = 12
_AGENT = 64
_OWNER = 100
_TOOLS = 310
_PLACES = 90


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A refusal in parts; ``text`` says all of them, in at most 900 characters."""

    message: str
    remedy: str
    text: str
    tools: tuple[str, ...] = ()
    owner: str | None = None


def refusal(policy: Policy | None, *, agent: str, tools: Sequence[str]) -> Refusal:
    """Every refusal to ``agent``.

    ``tools`` are the names that this agent is shown, the nearest first; the first dozen are named. A refusal depends on
    nothing else: not on the project or error that was asked for, so it tells nobody what exists.
    """
    name = clean(agent, limit=_AGENT, lines=False)
    if policy is None:
        message = f"Refused: there is no policy for agent {name}, so it may not call anything."
        remedy = "The operator of this gateway can add a policy document for it."
        return Refusal(message=message, remedy=remedy, text=f"{message} {remedy}")
    owner = clean(policy.owner, limit=_OWNER, lines=False)
    message = f"Refused: this does not exist or cannot be looked up now, or the policy of {name} does not allow it."
    remedy = f"{_where(policy)} This policy belongs to {owner}: ask there for more."
    shown = _first(tools)
    rest = len(tools) - len(shown)
    open_tools = "You may not use any tool."
    if tools:
        more = [f"and {rest} more" if shown else f"{rest} not shown"] if rest else []
        open_tools = f"You may use: {', '.join([*shown, *more])}."
    return Refusal(
        message=message, remedy=remedy, text=f"{message} {open_tools} {remedy}", tools=tuple(shown), owner=owner
    )


def _first(tools: Sequence[str]) -> list[str]:
    """A dozen at most, and no more than there is room for."""
    shown: list[str] = []
    room = _TOOLS
    for each in tools[:MOST_TOOLS]:
        room -= len(each) + len(", ")
        if room < 0:
            break
        shown.append(each)
    return shown


def _where(policy: Policy) -> str:
    grants = [grant for grant in policy.grants if any(level is not Level.OFF for level in grant.access.values())]
    named: dict[Dimension, dict[str, None]] = {}
    for dimension in kinds_of(kind for grant in grants for kind in grant.places):
        for grant in grants:
            named.setdefault(dimension, {}).update(dict.fromkeys(grant.places.get(dimension, ())))
    where = [places({dimension: list(names)}, limit=_PLACES) for dimension, names in named.items() if names]
    return f"You may look in: {'; '.join(where)}." if where else "Your policy names no place."
