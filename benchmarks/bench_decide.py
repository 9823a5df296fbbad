"""How long a decision takes, with its sentence and its record, against two engines.

Rule: same policies, same questions, same answers. cedarpy gets the text of ``policy export --cedar``, casbin one line
for each pattern and access; both are parsed before the clock starts, and neither says why or makes a record. casbin is
measured twice: as it comes, and with an index over agent, resource and access (``FastEnforcer``), which has to be
asked for. Prints microseconds a question and the ratios.

A policy keeps its answers by the rules that hold, not by the places (``policy.topic``). So crashgate is measured three
times: on the same questions in each round, on questions about places of which it was never asked before, and on
policies that were loaded but never asked anything.
"""

import itertools
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Any

from crashgate.audit.record import Effect as Recorded
from crashgate.audit.record import decision_record
from crashgate.audit.sentence import tell_decision
from crashgate.identity import Principal, Via
from crashgate.model.access import Access, Level
from crashgate.model.scope import ORGANIZATION, PROJECT, Dimension
from crashgate.policy.decide import decide
from crashgate.policy.decision import Effect, Place, Question
from crashgate.policy.grants import BUILT_IN, Grant
from crashgate.policy.policy import Policy, PolicySet, Vocabulary
from crashgate.policy.review import cedar
from crashgate.providers.bugsnag.errors import LIST_ERRORS
from tests.catalogue import CATALOGUE
from tests.policy.cedar_engine import Ready

_casbin: Any = import_module("casbin")  # it has no types
_models: Any = import_module("casbin.model")

AGENTS = 50
RESOURCES = tuple(f"resource_{number}" for number in range(20))
VOCABULARY = Vocabulary(catalogue=CATALOGUE, connections={"bugsnag": dict.fromkeys(RESOURCES, PROJECT)})
QUESTIONS = 1_000
SLOW = 20
"""As many questions are enough for an engine that takes milliseconds."""

COMPARED = 10_000
"""As many answers are compared, divided by the number of agents: the slow engines slow down with it."""

ROUNDS = 7
OURS = "crashgate, sentence and record"
NEW_PLACES = "the same, places never asked of"
NEW_POLICIES = "the same, policies never asked"
LEVELS = (Level.READ, Level.WRITE, Level.FULL)
CASBIN = """
[request_definition]
r = sub, obj, act, project, organization
[policy_definition]
p = sub, obj, act, project, organization, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.sub == p.sub && r.obj == p.obj && r.act == p.act && keyMatch(r.project, p.project) && \
keyMatch(r.organization, p.organization)
"""

Engine = Callable[[Question], bool]


def policy(number: int) -> Policy:
    """An agent with its own projects, reading in those of one organization, and shut out of one project."""
    own = {name: LEVELS[(number + place) % 3] for place, name in enumerate(RESOURCES)}
    shut = dict.fromkeys(RESOURCES[number % 3 :: 3], Level.OFF)
    read = dict.fromkeys(RESOURCES, Level.READ)
    grants = (
        _grant(1, own, {PROJECT: (f"team-{number}-*", "shared-web")}),
        _grant(2, read, {PROJECT: ("*",), ORGANIZATION: ("acme", f"org-{number}")}),
        _grant(3, shut, {PROJECT: (f"team-{number}-secret", "payments-*")}),
    )
    agent = f"agent-{number}"
    source = f"policies/{agent}.toml"
    about, owner = "Reads crashes.", "mobile@example.com"
    return Policy(agent=agent, about=about, owner=owner, source=source, hash="ab" * 32, grants=(BUILT_IN, *grants))


def _grant(index: int, access: Mapping[str, Level], places: Mapping[Dimension, tuple[str, ...]]) -> Grant:
    lines = {resource: index * 100 + place for place, resource in enumerate(access)}
    return Grant(index=index, line=index, connection="bugsnag", places=places, access=access, lines=lines)


def questions(agents: int, many: int, *, suffix: str = "") -> list[Question]:
    """The same mixture whatever the number of agents: own, foreign, shared and shut projects.

    ``suffix`` ends the names of the projects that a pattern covers or nothing names, so that they are other places.
    """
    places = itertools.cycle(
        [f"team-{{}}-ios{suffix}", "team-{}-secret", "shared-web", f"payments-api{suffix}", f"other-tv{suffix}"]
    )
    organizations = itertools.cycle(["acme", f"globex{suffix}", "org-{}"])
    accesses = itertools.cycle(Access)
    found: list[Question] = []
    for number in range(many):
        agent = number * 7 % agents
        found.append(
            Question(
                agent=f"agent-{agent}",
                connection="bugsnag",
                operation=LIST_ERRORS.id,
                resource=RESOURCES[number * 3 % len(RESOURCES)],
                access=next(accesses),
                dimension=PROJECT,
                places={
                    ORGANIZATION: Place(names=frozenset({next(organizations).format(agent)})),
                    PROJECT: Place(names=frozenset({next(places).format(agent)})),
                },
            )
        )
    return found


def crashgate(policies: PolicySet) -> tuple[Engine, Engine]:
    """The decision alone, and with its sentence and its record, as the gate makes them."""

    def alone(question: Question) -> bool:
        return decide(policies.get(question.agent), question).effect is Effect.ALLOW

    call, at, principal = "ab" * 16, "2026-11-20T17:00:00.000Z", Principal(agent="bench", via=Via.MEMORY)

    def recorded(question: Question) -> bool:
        decision = decide(policies.get(question.agent), question)
        allowed = decision.effect is Effect.ALLOW
        (project,), (organization,) = _names(question.places.get(PROJECT)), _names(question.places.get(ORGANIZATION))
        record = decision_record(
            call=call,
            at=at,
            agent=question.agent,
            subject=principal.subject,
            via=principal.via,
            effect=Recorded.ALLOW if allowed else Recorded.DENY,
            reason=decision.reason.value,
            tool="list_errors",
            operation=question.operation,
            resource=question.resource,
            access=question.access,
            provider=LIST_ERRORS.provider,
            connection=question.connection,
            organization_slug=organization,
            project_slug=project,
            verb=LIST_ERRORS.wording.verb,
            past=LIST_ERRORS.wording.past,
            target=LIST_ERRORS.wording.target,
            arguments={"project_id": project},
            rule=decision.rule.words() if decision.rule else None,
            policy_hash=decision.policy_hash,
        )
        return bool(tell_decision(record, because=decision.because).sentence) and allowed

    return alone, recorded


def cedar_engine(policies: PolicySet, asked: Sequence[Question]) -> Engine:
    """Cedar with policies, entities and requests ready."""
    held = Ready(cedar.policies(policies.values(), VOCABULARY))
    requests = {id(question): cedar.request(question) for question in asked}
    return lambda question: held.allows(requests[id(question)])


def casbin_engine(policies: PolicySet, *, indexed: bool) -> Engine:
    """casbin, with or without its index."""
    model: Any = _models.FastModel([0, 1, 2]) if indexed else _models.Model()
    model.load_model_from_text(CASBIN)
    enforcer: Any = _casbin.FastEnforcer(model, cache_key_order=[0, 1, 2]) if indexed else _casbin.Enforcer(model)
    enforcer.add_policies([line for each in policies.values() for line in _lines(each)])

    def ask(question: Question) -> bool:
        (project,), (organization,) = _names(question.places.get(PROJECT)), _names(question.places.get(ORGANIZATION))
        return bool(enforcer.enforce(question.agent, question.resource, question.access.value, project, organization))

    return ask


def _names(place: Place | None) -> frozenset[str]:
    return place.names if place else frozenset()


def _lines(policy: Policy) -> Iterator[tuple[str, ...]]:
    for grant in policy.grants[1:]:
        for resource, level in grant.access.items():
            for access in Access:
                if level is Level.OFF or level.allows(access):
                    effect = "deny" if level is Level.OFF else "allow"
                    for project, organization in itertools.product(
                        grant.places.get(PROJECT, ()), grant.places.get(ORGANIZATION, ("*",))
                    ):
                        yield policy.agent, resource, access.value, project, organization, effect


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """Microseconds a question, over the rounds."""

    name: str
    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.rounds)


def measure(agents: int, *, many: int, rounds: int) -> list[Measured]:
    """Each engine in turn, round by round."""
    policies, asked = PolicySet(policy(number) for number in range(agents)), questions(agents, many)
    alone, recorded = crashgate(policies)
    engines: dict[str, Engine] = {
        OURS: recorded,
        "crashgate, decision alone": alone,
        "cedarpy": cedar_engine(policies, asked),
        "casbin": casbin_engine(policies, indexed=False),
        "casbin, indexed": casbin_engine(policies, indexed=True),
    }
    compared = asked[: COMPARED // agents]
    answers = {name: [engine(question) for question in compared] for name, engine in engines.items()}
    if any(each != answers["cedarpy"] for each in answers.values()) or len(set(answers["cedarpy"])) == 1:
        raise SystemExit("the engines do not agree, so there is nothing to compare")
    if [recorded(question) for question in asked] != [engines["casbin, indexed"](question) for question in asked]:
        raise SystemExit("two engines do not agree, so there is nothing to compare")
    times: dict[str, list[float]] = {name: [] for name in (OURS, NEW_PLACES, NEW_POLICIES, *engines)}
    for number in range(rounds):
        elsewhere = questions(agents, many, suffix=f"-{number}")
        times[NEW_PLACES].append(_microseconds(recorded, elsewhere))
        times[NEW_POLICIES].append(_microseconds(crashgate(_never_asked(agents))[1], asked))
        for name, engine in engines.items():
            times[name].append(_microseconds(engine, asked[:SLOW] if name in {"casbin", "cedarpy"} else asked))
    return [Measured(name=name, rounds=tuple(found)) for name, found in times.items()]


def _microseconds(engine: Engine, asked: Sequence[Question]) -> float:
    """For one question, on average."""
    started = time.perf_counter()
    for question in asked:
        engine(question)
    return (time.perf_counter() - started) / len(asked) * 1e6


def _never_asked(agents: int) -> PolicySet:
    """The policies as they are after loading: with their index, and without any answer."""
    policies = PolicySet(policy(number) for number in range(agents))
    for each in policies.values():
        _ = each.index
    return policies


def main() -> None:
    """Measure with 50 agents, and with ten times as many."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("cedarpy", "casbin"))
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores, {versions}")
    few = measure(AGENTS, many=QUESTIONS, rounds=ROUNDS)
    many = measure(AGENTS * 10, many=QUESTIONS, rounds=3)
    print(f"{AGENTS} agents by {len(RESOURCES)} resources, {QUESTIONS} questions, {ROUNDS} rounds; microseconds each")
    print(f"{'engine':<32} {'median':>10} {'worst':>10} {'ratio':>8}   {AGENTS * 10} agents {'growth':>8}")
    ours = few[0].median
    for each, grown in zip(few, many, strict=True):
        ratio, growth = each.median / ours, grown.median / each.median
        numbers = f"{each.median:>10.1f} {max(each.rounds):>10.1f} {ratio:>8.1f} {grown.median:>12.1f} {growth:>8.2f}"
        print(f"{each.name:<32} {numbers}")


if __name__ == "__main__":
    main()
