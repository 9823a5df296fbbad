"""The gate with everything around it held by the test: policies, log, clock, and an upstream of a few projects.

Rule: the gate itself, the policy and the codec are the real ones; only what would do I/O is played.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import anyio
from pydantic import SecretStr

from crashgate.audit.port import DecisionLog
from crashgate.gate.approval_requests import ApprovalStore
from crashgate.gate.approvals import Approvals
from crashgate.gate.gateway import Gateway
from crashgate.gate.places import Places
from crashgate.gate.quotas import Counter, Limiter, UntrustedExposure
from crashgate.gate.recorder import Ledger
from crashgate.gate.revocation import Revocation
from crashgate.identity import Identities, NothingRevoked, Principal, Via
from crashgate.mcp import render
from crashgate.model.message import Request, Response
from crashgate.model.provider import Connection
from crashgate.policy.document import load
from crashgate.policy.policy import Policy, PolicySet, Vocabulary
from crashgate.tools.call_result import Answer
from crashgate.tools.cursors import Cursors
from crashgate.tools.toolbox import Toolbox
from crashgate.upstream.budget import Turns
from crashgate.upstream.client import Upstream
from crashgate.upstream.retry import Patience
from tests.catalogue import CATALOGUE, PROVIDERS, RESOURCES, TITLES
from tests.gate.memory import MemoryApprovals, MemoryCounter, MemoryLog
from tests.held_clock import HeldClock

AGENT = "triage-agent"
KEY = b"k" * 32


@dataclass(frozen=True, kw_only=True)
class Site:
    """A project of the played upstream, with one of each kind of thing in it; ``person`` is in its organization."""

    id: str
    slug: str
    organization_id: str
    error: str
    event: str
    release: str
    comment: str
    release_group: str
    saved_search: str
    person: str


def site(number: int, slug: str, organization_id: str) -> Site:
    """The ``number``-th project; its ids start and end with a digit."""
    return Site(
        id=f"5f{number:020x}10",
        slug=slug,
        organization_id=organization_id,
        error=f"5f{number:020x}20",
        event=f"5f{number:020x}30",
        release=f"5f{number:020x}40",
        comment=f"5f{number:020x}50",
        release_group=f"5f{number:020x}60",
        saved_search=f"5f{number:020x}70",
        person=f"5f{number:020x}80",
    )


def organization_id(number: int) -> str:
    return f"5f{number:020x}00"


@dataclass(kw_only=True)
class PlayedUpstream:
    """Answers as the vendor would, and writes down what it was sent. ``answers`` replaces the answer to a path."""

    organizations: Mapping[str, str]
    sites: Sequence[Site]
    received: list[Request] = field(default_factory=list[Request])
    answers: dict[str, Callable[[Request], Response]] = field(default_factory=dict[str, Callable[[Request], Response]])

    async def send(self, request: Request) -> Response:
        await anyio.lowlevel.checkpoint()
        self.received.append(request)
        path = request.url.partition("://")[2].partition("/")[2].partition("?")[0]
        special = self.answers.get(f"/{path}")
        if special is not None:
            return special(request)
        return self._answer(request.method, path.split("/"), request.body)

    @property
    def lines(self) -> list[str]:
        """``GET /projects/…`` of every request."""
        return [f"{each.method} /{each.url.partition('://')[2].partition('/')[2]}" for each in self.received]

    def _answer(self, method: str, path: list[str], body: bytes | None) -> Response:
        match method, path:
            case "POST", [""]:
                return Response(status=202, headers={}, body=b'{"status":"accepted"}')
            case "POST", ["organizations"]:
                return ok({"id": organization_id(99), "slug": "to-come"})
            case "POST", ["organizations", ref, "projects"]:
                return ok({"id": f"5f{99:020x}10", "slug": "to-come", "organization_id": ref})
            case "POST", ["saved_searches"]:
                return ok({"id": f"5f{99:020x}70", "project_id": json.loads(body or b"{}").get("project_id")})
            case "DELETE", ["organizations", _] | ["comments", _]:
                return NOTHING
            case _:
                return self._found(method, path)

    def _found(self, method: str, path: list[str]) -> Response:  # noqa: C901, PLR0911 - one answer a route
        match path:
            case ["user", "organizations"]:
                return ok([{"id": key, "slug": slug} for key, slug in self.organizations.items()])
            case ["organizations", ref]:
                found = [(key, slug) for key, slug in self.organizations.items() if ref in {key, slug}]
                return ok(_organization(*found[0])) if found else MISSING
            case ["organizations", ref, "projects"]:
                return ok([_project(each) for each in self.sites if each.organization_id == ref])
            case ["organizations", ref, "collaborators"]:
                return ok([{"id": each.person} for each in self.sites if each.organization_id == ref])
            case ["organizations", ref, "collaborators", person]:
                there = {each.person for each in self.sites if each.organization_id == ref}
                return ok({"id": person}) if person in there else MISSING
            case ["comments", comment]:
                return ok({"id": comment}) if comment in {each.comment for each in self.sites} else MISSING
            case ["release_groups", group]:
                project = next((each for each in self.sites if each.release_group == group), None)
                return ok({"id": group, "project_id": project.id}) if project else MISSING
            case ["saved_searches", search]:
                project = next((each for each in self.sites if each.saved_search == search), None)
                return ok({"id": search, "project_id": project.id}) if project else MISSING
            case ["projects", ref]:
                project = self._site(ref)
                return ok(_project(project)) if project else MISSING
            case ["errors", error, "latest_event"]:
                project = next((each for each in self.sites if each.error == error), None)
                return ok(_event(project)) if project else MISSING
            case ["projects", ref, *rest]:
                project = self._site(ref)
                return self._inside(project, method, rest) if project else MISSING
            case _:
                return MISSING

    @staticmethod
    def _inside(  # noqa: C901, PLR0911, PLR0912 - one answer a route
        project: Site, method: str, path: list[str]
    ) -> Response:
        match path:
            case ["errors", error] if error == project.error:
                return NOTHING if method == "DELETE" else ok(_error(project))
            case ["events", event] if event == project.event:
                return NOTHING if method == "DELETE" else ok(_event(project))
            case ["releases", release] if release == project.release:
                return ok({"id": release, "project_id": project.id})
            case ["errors"]:
                return ok({"operation": "fix"}) if method == "PATCH" else ok([_error(project)])
            case ["errors", error, "comments"] if error == project.error:
                comment = {"id": project.comment, "message": "Seen."}
                return ok(comment if method == "POST" else [comment])
            case ["collaborators"]:
                return ok([{"id": project.person}])
            case ["release_groups"]:
                return ok([{"id": project.release_group, "project_id": project.id}])
            case ["saved_searches"]:
                return ok([{"id": project.saved_search, "project_id": project.id}])
            case ["span_groups"]:
                return ok([{"id": "1.app_start.AppStart/Cold"}])
            case ["span_groups", group]:
                return ok({"id": unquote(group)})
            case ["span_groups", _, "timeline" | "distribution"]:
                return ok([dict[str, object]()])
            case ["trace_fields"]:
                return ok([{"display_id": "device.type"}])
            case ["span_groups", _, "spans"] | ["traces", _, "spans"]:
                return ok([{"id": "00f067aa0ba902b7", "project_id": project.id}])
            case ["network_endpoint_grouping"]:
                return ok({"project_id": project.id, "endpoints": ["api.acme.example/{id}"]})
            case ["pivots"] | ["errors", _, "pivots"]:
                return ok([{"event_field_display_id": "os.name", "cardinality": 2}])
            case ["pivots", _, "values"] | ["errors", _, "pivots", _, "values"]:
                return ok([{"event_field_value": "17", "events": 7}])
            case ["events"]:
                return ok([_event(project)])
            case ["errors", error, "events"] if error == project.error:
                return ok([_event(project)])
            case ["releases"]:
                return ok([{"id": project.release, "project_id": project.id}])
            case ["stability_trend"]:
                return ok({"project_id": project.id, "timeline_points": []})
            case ["event_fields"]:
                return ok([{"display_id": "error.status"}])
            case ["trend"] | ["errors", _, "trend"]:
                return ok([])
            case _:
                return MISSING

    def _site(self, ref: str) -> Site | None:
        return next((each for each in self.sites if ref in {each.id, each.slug}), None)


def ok(document: object, **headers: str) -> Response:
    """200 with a JSON body."""
    return Response(status=200, headers=headers, body=json.dumps(document).encode())


def failing(status: int, body: bytes = b"{}") -> Callable[[Request], Response]:
    """An answer with another status."""
    return lambda _: Response(status=status, headers={}, body=body)


MISSING = Response(status=404, headers={}, body=b'{"errors":["Not found"]}')
NOTHING = Response(status=204, headers={}, body=b"")


def _organization(key: str, slug: str) -> dict[str, object]:
    return {"id": key, "slug": slug, "name": slug, "auto_upgrade": False}


def _project(each: Site) -> dict[str, object]:
    return {"id": each.id, "slug": each.slug, "organization_id": each.organization_id, "name": each.slug}


def _error(each: Site) -> dict[str, object]:
    return {"id": each.error, "project_id": each.id, "status": "open", "message": "boom"}


def _event(each: Site) -> dict[str, object]:
    return {"id": each.event, "error_id": each.error, "project_url": f"https://api.bugsnag.com/projects/{each.id}"}


ACME = organization_id(1)
IOS, ANDROID, PAYMENTS = (
    site(1, "checkout-ios", ACME),
    site(2, "checkout-android", ACME),
    site(3, "payments-api", ACME),
)


@dataclass(kw_only=True)
class Policies:
    """A PolicySource that a test can change, or break."""

    policies: PolicySet
    broken: Exception | None = None

    def current(self) -> PolicySet:
        if self.broken is not None:
            raise self.broken
        return self.policies


@dataclass(kw_only=True)
class Gate:
    """A gateway and a toolbox in front of it."""

    policies: Policies
    log: MemoryLog
    clock: HeldClock
    upstream: PlayedUpstream
    ledger: Ledger
    gateway: Gateway
    toolbox: Toolbox
    counter: MemoryCounter
    approvals: MemoryApprovals | ApprovalStore

    async def call(self, tool: str, arguments: Mapping[str, Any] | None = None, *, agent: str = AGENT) -> Answer:
        return await self.toolbox.call(principal(agent), tool, arguments or {})

    async def wire(self, tool: str, arguments: Mapping[str, Any] | None = None, *, agent: str = AGENT) -> bytes:
        """The whole result as it goes over the wire."""
        result = render.answer(await self.call(tool, arguments, agent=agent))
        return result.model_dump_json(by_alias=True, exclude_none=True).encode()


def principal(agent: str = AGENT) -> Principal:
    return Principal(agent=agent, via=Via.MEMORY)


def policy(grants: str, *, agent: str = AGENT, connections: Sequence[str] = ("bugsnag",)) -> Policy:
    """The agent's policy with these grants, as the loader reads it."""
    text = f'agent = "{agent}"\nabout = "For a test."\nowner = "owner@example.com"\n{grants}'
    return load(text, source=f"policies/{agent}.toml", vocabulary=_vocabulary(connections))


def _vocabulary(connections: Sequence[str]) -> Vocabulary:
    return Vocabulary(catalogue=CATALOGUE, connections={name: RESOURCES[_provider(name)] for name in connections})


def _provider(connection: str) -> str:
    """A connection is BugSnag's own, but for one that is called like another provider."""
    return connection if connection in PROVIDERS else "bugsnag"


def open_gate(
    *policies: Policy,
    upstream: PlayedUpstream | None = None,
    connections: Sequence[str] = ("bugsnag",),
    store: DecisionLog | None = None,
    places: Places | None = None,
    approvals: ApprovalStore | None = None,
    counter: Counter | None = None,
    turns: Turns | None = None,
    identities: Identities | None = None,
) -> Gate:
    """A gate with these policies in force, before an upstream with three projects in one organization.

    ``store`` takes the place of the log in memory, ``places`` that of the look-ups, ``approvals`` that of the requests
    for approval in memory, ``counter`` that of the counts. ``turns`` is the queue before every connection; without it
    nobody waits. ``identities`` says which are still good; without it no token is.
    """
    upstream = upstream or PlayedUpstream(organizations={ACME: "acme"}, sites=(IOS, ANDROID, PAYMENTS))
    log, clock, held = MemoryLog(), HeldClock(), Policies(policies=PolicySet(policies))
    ledger = Ledger(log=store or log, clock=clock, digest_key=KEY, titles=TITLES)
    upstreams = {name: _upstream(name, upstream, clock, turns or Turns(None)) for name in connections}
    memory, kept = MemoryCounter(), approvals or MemoryApprovals()
    counts = counter or memory
    gateway = Gateway(
        policies=held,
        ledger=ledger,
        places=places or Places(clock),
        upstreams=upstreams,
        limiter=Limiter(counter=counts, clock=clock),
        approvals=Approvals(store=kept, clock=clock, digest_key=KEY),
        taint=UntrustedExposure(counter=counts, clock=clock),
        revocation=Revocation(identities or NothingRevoked()),
    )
    toolbox = Toolbox(
        gateway=gateway,
        cursors=Cursors(clock, key=b"c" * 16),
        vocabulary=_vocabulary(connections),
        connections={name: _provider(name) for name in connections},
        clock=clock,
    )
    return Gate(
        policies=held,
        log=log,
        clock=clock,
        upstream=upstream,
        ledger=ledger,
        gateway=gateway,
        toolbox=toolbox,
        counter=memory,
        approvals=kept,
    )


def _upstream(name: str, transport: PlayedUpstream, clock: HeldClock, turns: Turns) -> Upstream:
    provider = _provider(name)
    # Langfuse's keys are of a form; whatever the others are given is sent.
    credential = "pk-lf-upstream:sk-lf-upstream-secret" if provider == "browserstack" else "upstream-secret"
    connection = Connection(
        name=name,
        provider=PROVIDERS[provider],
        base_url="https://api.bugsnag.com",
        credential=SecretStr(credential),
    )
    patience = Patience(attempts=1)
    return Upstream(connection=connection, transport=transport, patience=patience, turns=turns, clock=clock)
