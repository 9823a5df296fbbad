"""What is legal in a policy but deserves a second look. A warning decides nothing.

A warning is a ``Problem`` with its line, so it is shown like one.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, get_args

from crashgate.errors import Problem
from crashgate.model.access import Access, Level
from crashgate.model.catalogue import Catalogue
from crashgate.model.operation import AnyOperation
from crashgate.model.params import In
from crashgate.model.scope import NOTHING
from crashgate.model.untrusted import shows_text_of_the_app, shows_untrusted
from crashgate.policy.decision import Question
from crashgate.policy.grants import Grant, Rule, example, matches
from crashgate.policy.policy import Mode, Policy, Vocabulary
from crashgate.policy.redaction import result_fields
from crashgate.policy.wording import listed, word

CouldAllow = Callable[[Policy, AnyOperation, Question], bool]
"""Whether some call of the operation could be allowed that is as the question says."""


def lint(
    policy: Policy,
    vocabulary: Vocabulary,
    connections: Mapping[str, str],
    could_allow: CouldAllow,
    *,
    tools: int = 0,
) -> tuple[Problem, ...]:
    """All warnings, by line. ``connections`` says what each connection of the vocabulary is.

    ``could_allow`` authorises the most favourable call. ``tools`` is how many tools the agent is shown.
    """
    open_to = _Open(policy, vocabulary, connections, could_allow)
    found = [
        *_find_covered(policy),
        *_find_idle_places(policy, vocabulary),
        *_find_broad(policy),
        *_find_full(policy, vocabulary, connections),
        *_find_toxic(policy, open_to),
        *_find_idle_names(policy, vocabulary, open_to),
        *_find_idle_window(policy, open_to),
        *_find_unbounded(policy),
        *_find_crowded(policy, tools),
        *_find_overruled(policy),
        *_find_near_misses(policy, vocabulary),
    ]
    return tuple(sorted(Problem(source=source, line=max(line, 1), text=text) for (source, line), text in found))


Warned = tuple[tuple[str, int], str]
"""A warning: the document or template with its line, and what is said."""


class _Open:
    """Which operations the grants leave open somewhere, whatever is switched off by name."""

    def __init__(
        self, policy: Policy, vocabulary: Vocabulary, connections: Mapping[str, str], could_allow: CouldAllow
    ) -> None:
        self._policy = replace(policy, mode=Mode.ENFORCE)  # what observe mode lets through, no grant opens
        self._could_allow = could_allow
        self._vocabulary = vocabulary
        self._connections = {"crashgate": "crashgate", **connections}

    def operations(self) -> Iterator[AnyOperation]:
        """Those that some call could be allowed for."""
        every = self._vocabulary.catalogue.operations.values()
        return (operation for operation in every if any(self._asks(operation, operation.id)))

    def granted(self, operation: AnyOperation) -> bool:
        """Whether the grants alone would allow it somewhere."""
        return any(self._asks(operation, ""))

    def _asks(self, operation: AnyOperation, id_: str) -> Iterator[bool]:
        for connection, provider in self._connections.items():
            if provider == operation.provider and connection in self._vocabulary.connections:
                question = Question(
                    agent=self._policy.agent,
                    connection=connection,
                    operation=id_,
                    resource=operation.resource,
                    access=operation.access,
                    dimension=operation.scope.dimension,
                )
                yield self._could_allow(self._policy, operation, question)


def _rules(policy: Policy) -> Iterator[tuple[Grant, Rule]]:
    for grant in policy.grants:
        for resource in grant.access:
            if grant.index:
                yield grant, Rule.of(grant, resource, source=policy.source)


def _find_covered(policy: Policy) -> Iterator[Warned]:
    """Grants that an ``off`` covers wholly."""
    for grant, rule in _rules(policy):
        if rule.level is Level.OFF:
            continue
        for other, off in _rules(policy):
            same = other.connection == grant.connection and off.resource == rule.resource
            if same and off.level is Level.OFF and _covers(other, grant):
                text = f"grant {grant.number} gives {rule.resource} = {rule.level} only where"
                what = off.spot if off.source != rule.source else f"grant {other.number} (line {off.line})"
                yield (rule.source, rule.line), f"{text} {what} switches it off, so it gives nothing"
                break


def _covers(off: Grant, grant: Grant) -> bool:
    for dimension, patterns in off.places.items():
        named = grant.places.get(dimension)
        if named is None:
            if "*" not in patterns:
                return False
        elif not all(any(matches(wide, example(each)) for wide in patterns) for each in named):
            return False
    return True


def _find_idle_places(policy: Policy, vocabulary: Vocabulary) -> Iterator[Warned]:
    """Places that no resource of the grant has."""
    for grant in policy.grants:
        known = vocabulary.connections.get(grant.connection, {})
        own = {known[resource] for resource in grant.access if resource in known}
        used = own | {dimension.wider for dimension in own}
        for dimension in grant.places:
            if dimension not in used:
                yield (
                    (grant.source or policy.source, grant.line),
                    f"grant {grant.number} names {dimension}, and no resource in it has any",
                )


def _find_broad(policy: Policy) -> Iterator[Warned]:
    for grant in policy.grants:
        highest = max(grant.access.values(), key=lambda level: level.rank)
        for dimension, patterns in grant.places.items():
            if "*" in patterns and highest is not Level.OFF and dimension is not NOTHING:
                text = f'grant {grant.number} names {dimension} = ["*"] and gives up to {highest}'
                yield (grant.source or policy.source, grant.line), f"{text}: it holds for what does not exist yet too"


def _find_full(policy: Policy, vocabulary: Vocabulary, connections: Mapping[str, str]) -> Iterator[Warned]:
    """Where ``full`` deletes, line by line; where nothing takes that much, the levels that do, once for each grant."""
    idle: dict[int, list[str]] = {}
    for grant, rule in _rules(policy):
        if rule.level is not Level.FULL:
            continue
        most = _most(vocabulary.catalogue, connections.get(grant.connection), rule.resource)
        if most is Level.FULL:
            yield (
                (rule.source, rule.line),
                f"grant {grant.number} gives {rule.resource} = full: it may do what cannot be undone",
            )
        else:
            idle.setdefault(grant.index, []).append(f'{rule.resource} = "{most}"')
    for grant in policy.grants:
        if grant.index in idle:
            names = listed(idle[grant.index], limit=300)
            yield (
                (grant.source or policy.source, grant.line),
                f"full gives no more than this in grant {grant.number} today, and may later: {names}",
            )


def _most(catalogue: Catalogue, provider: str | None, resource: str) -> Level:
    """The lowest level that allows all that there is to do with a resource, costly parameters too."""
    own = [each for each in catalogue.operations.values() if each.provider == provider and each.resource == resource]
    taken = (each.access_with([field.name for field in each.fields]).least_level for each in own)
    return max(taken, key=lambda level: level.rank, default=Level.FULL)


def _find_toxic(policy: Policy, open_to: _Open) -> Iterator[Warned]:
    """Reading what outsiders wrote, together with a way to write text of one's own (THREATS row 6).

    Where a person has to agree to every change after such reading, one stands between.
    """
    if policy.approval.after_untrusted_minutes is not None:
        return
    usable = list(open_to.operations())
    shown = (each for each in usable if each.access is Access.READ and shows_text_of_the_app(each))
    reads = sorted({each.resource for each in shown})
    writes = [each.id for each in usable if _writes_text(each) and each.id not in policy.approval.operations]
    if reads and writes:
        at = min(
            ((rule.source, rule.line) for _, rule in _rules(policy) if rule.resource in reads),
            default=(policy.source, 1),
        )
        what = f"it reads what outsiders wrote ({', '.join(reads)}) and may write text with {listed(writes, limit=200)}"
        fix = "put these under [approve] or [off], or write after_untrusted_minutes = 60 under [approve]"
        yield at, f"{what}: hostile text could make it carry data out; {fix}"


def _writes_text(operation: AnyOperation) -> bool:
    """Whether a call of it can carry free text to where others read it."""
    fields = operation.params.model_fields
    return operation.access is not Access.READ and any(
        field.travels is In.BODY and field.logged is None and _is_text(fields[field.name].annotation)
        for field in operation.fields
    )


def _is_text(annotation: Any) -> bool:  # noqa: ANN401 - a type, whatever it is
    return annotation is str or any(_is_text(each) for each in get_args(annotation))


def _find_idle_names(policy: Policy, vocabulary: Vocabulary, open_to: _Open) -> Iterator[Warned]:
    """Names under [off] and [approve] that no grant opens anyway."""
    for switch in policy.off.all:
        if not open_to.granted(vocabulary.catalogue.operations[switch.operation]):
            yield (switch.source, switch.line), f"no grant gives {switch.operation}, so there is nothing to switch off"
    for name in sorted(policy.approval.operations):
        if not open_to.granted(vocabulary.catalogue.operations[name]):
            yield (
                _at(policy, "approve.operations", name),
                f"no grant gives {name}, so nobody is ever asked to approve it",
            )


def _find_idle_window(policy: Policy, open_to: _Open) -> Iterator[Warned]:
    """A person between reading and changing, where there is nothing of the one or of the other."""
    if policy.approval.after_untrusted_minutes is None:
        return
    usable = list(open_to.operations())
    lacks = "change anything" if all(each.access is Access.READ for each in usable) else ""
    if not any(shows_untrusted(each) for each in usable if each.provider != "crashgate"):
        lacks = "read what outsiders can write"
    if lacks:
        yield (
            _at(policy, "approve.after_untrusted_minutes"),
            f"no grant lets it {lacks}, so nobody is ever asked because of after_untrusted_minutes",
        )


def _find_unbounded(policy: Policy) -> Iterator[Warned]:
    if policy.mode is Mode.OBSERVE:
        yield (policy.source, 1), 'mode = "observe": what this policy refuses is let through, deletes apart'
    if not policy.limits.rates:
        yield (policy.source, 1), "there are no limits; write [limits] and below it calls_per_minute = 60"


MOST_TOOLS = 40
"""Some clients show a model no more, and say nothing of the rest."""


def _find_crowded(policy: Policy, tools: int) -> Iterator[Warned]:
    if tools > MOST_TOOLS:
        text = f"{tools} tools are open to it, and some clients stop at {MOST_TOOLS}"
        yield (policy.source, 1), f"{text}: grant fewer resources, or start the server with --tools or --read-only"


def _find_overruled(policy: Policy) -> Iterator[Warned]:
    """Values that give nothing, because a narrower one stands in the document or in another of its templates."""
    for key, entry in policy.overruled:
        ((_, name), (holds, *_)) = (key.split("."), policy.written[key])
        what = f"{name} = {str(entry.value).lower()} has no effect"
        yield (entry.source, entry.line), f"{what}: {holds.source}, line {holds.line}, says {str(holds.value).lower()}"


def _at(policy: Policy, key: str, value: str | None = None) -> tuple[str, int]:
    """Where that word is written, or that name of it."""
    entries = (each for each in policy.written.get(key, ()) if value in {None, each.value})
    return next(((each.source, each.line) for each in entries), (policy.source, 1))


def _find_near_misses(policy: Policy, vocabulary: Vocabulary) -> Iterator[Warned]:
    """Names below free data that are nearly the vendor's: any is legal there, and a misspelt one takes nothing out."""
    for written in policy.redaction.fields:
        top, _, below = written.partition(".")
        name, _, rest = below.partition(".")
        for resource, fields in result_fields(vocabulary.catalogue).items():
            known = fields[top].keys if top in fields else frozenset[str]()
            if name == "*" or name.lower() in {each.lower() for each in known}:
                continue
            for near in get_close_matches(name, sorted(known), n=1, cutoff=0.7):
                meant, rows = ".".join(each for each in (top, near, rest) if each), resource.replace("_", " ")
                yield (
                    _at(policy, "redact.fields", written),
                    f"it redacts {word(written)}, which no {rows} is known to have; did you mean {meant}?",
                )
