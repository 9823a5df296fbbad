"""A provider: everything about one vendor that the rest of the program needs, as one value.

Nothing outside ``crashgate.providers`` names a vendor. A provider is found by its name through the entry point group
``crashgate.providers``; docs/providers.md says how to write one.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from crashgate.errors import AddressError, Code, ConfigurationError, UpstreamError
from crashgate.model.capability import Capabilities, Capability, Implementation
from crashgate.model.composite import CompositeTool
from crashgate.model.export import Export
from crashgate.model.message import Response
from crashgate.model.operation import AnyOperation
from crashgate.model.scope import Dimension
from crashgate.model.tool import Tool

AnyTool = Tool | CompositeTool | Export

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

_ADDRESS = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")
"""Scheme, host in lower case (as a ``Link`` has it), port and plain segments: nothing that can be read in two ways."""


@unique
class Auth(StrEnum):
    """How the credential is presented: as the provider's token, or as ``e-mail:password``."""

    TOKEN = "token"  # noqa: S105 - the name of a way, not a token
    BASIC = "basic"


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """At most ``requests`` in any window of ``seconds``."""

    requests: int
    seconds: float = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class CredentialForm:
    """What a credential must look like.

    ``find_fault`` says why one cannot be used, without a character of it, or gives None; ``description`` tells the
    operator what to give.
    """

    find_fault: Callable[[str], str | None]
    description: str
    example: str
    """An invented one that has the form."""


def variable_prefix(provider: str) -> str:
    """What the names of a provider's environment variables start with: ``MY_TRACKER_`` for ``my-tracker``."""
    return f"{provider.upper().replace('-', '_')}_"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectKey:
    """How the project of a key is found, whose ``variable`` narrows a connection to that project.

    ``around`` lists what the projects are in. ``operation`` lists the projects of one of these, which its ``parameter``
    names; their rows have the SHA-256 of the key, in hexadecimal, as ``attribute``.
    """

    variable: str
    around: AnyOperation
    operation: AnyOperation
    parameter: str
    attribute: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentVariables:
    """The vendor's own variables: ``token`` alone makes a connection, called like the provider; ``url`` moves it.

    All start with ``variable_prefix``, so that a provider need not be imported to know that none is set. The variable
    of ``project_key`` narrows the connection to one project. ``find_url`` gives the base URL for the values of ``url``
    and of the project's key, which are empty where they are not set; without it that is the value of ``url``.
    """

    token: str
    url: str
    project_key: ProjectKey | None = None
    find_url: Callable[[str, str], str] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All variables that there are."""
        return (self.token, self.url, *([self.project_key.variable] if self.project_key else ()))


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthRead:
    """One cheap read that shows whether a connection works: a tool, its arguments, and the lines of a grant for it.

    ``refusals`` are errors that show all the same that the credential was accepted: the read names something that
    need not be there. ``known`` says then what is known.
    """

    tool: str
    arguments: Mapping[str, Any]
    grant: str
    refusals: frozenset[Code] = frozenset()
    known: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceLookUp:
    """How a place is looked up by any of its names.

    ``operation`` reads one place, which its ``parameter`` names; ``id``, ``slug`` and ``parent`` are attributes of the
    row that it answers with. ``slug`` is None where a place has no second name, ``parent`` (the id of the place around
    it) where nothing is around it.
    """

    operation: AnyOperation
    parameter: str
    id: str = "id"
    slug: str | None = "slug"
    parent: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldLookUp:
    """How the names are listed by which the rows of a project can be filtered.

    ``operation`` lists them, ``parameter`` names the project and ``attribute`` is the name in a row. The keys of a
    parameter ``filters``, of any operation, must be such names. ``always`` are names that the upstream takes although
    it does not list them; ``documented`` are those that its documentation gives, for hints.
    """

    operation: AnyOperation
    parameter: str
    attribute: str
    always: frozenset[str] = frozenset()
    documented: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class DashboardLinks:
    """How links to the vendor's dashboard are read, which people paste where an id is asked for.

    ``parameters`` are those that a link can name. ``read`` takes a link and the base URL of an API; it gives what the
    link names, by parameter, or None where it is no link to that API's dashboard. It fetches nothing, and may raise
    ValueError.
    """

    parameters: tuple[str, ...]
    read: Callable[[str, str], Mapping[str, str] | None]
    example: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """One vendor, or crashgate itself.

    Raises ValueError when the declaration contradicts itself.
    """

    name: str
    """The word for it in a configuration, in policies and in the log: ``a-z``, digits and hyphens."""

    title: str
    """Its name in a sentence."""

    operations: tuple[AnyOperation, ...]
    tools: tuple[AnyTool, ...] = ()
    """In the order in which agents are shown them."""

    capabilities: Capabilities = field(default_factory=dict[Capability[Any], Implementation], hash=False)
    """What its operations give crashgate's own composite tools (``model/capability.py``)."""

    default_url: str = ""
    wire: "Callable[[Connection], Wire] | None" = None
    """How it is spoken to; None for crashgate itself."""

    auth: frozenset[Auth] = frozenset({Auth.TOKEN})
    credential: CredentialForm | None = None
    budget: Budget | None = None
    """What the vendor's documentation promises for a connection; None where it says nothing."""

    variables: EnvironmentVariables | None = None
    health: HealthRead | None = None
    lookups: Mapping[Dimension, PlaceLookUp] = field(default_factory=dict[Dimension, PlaceLookUp], hash=False)
    filter_fields: FieldLookUp | None = None
    links: DashboardLinks | None = None
    rank: int = 100
    """Where its tools stand among those of other providers: lowest first, and by name where ranks are equal."""

    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]], hash=False)
    """Plain words for its resources, of which a server may serve some; a resource in none is a group of its own."""

    notes: tuple[str, ...] = ()
    """Paragraphs for the reference pages."""

    field_meanings: Mapping[str, str] = field(default_factory=dict[str, str], hash=False, repr=False)
    """What the fields of its answers mean, for the reference: by ``Model.path.of.field``, by path, or by name. A field
    that says so itself (``About``) need not be here."""

    by_id: Mapping[str, AnyOperation] = field(init=False, repr=False, hash=False)
    """The operations by their ids."""

    def __post_init__(self) -> None:
        """Check that all operations are its own."""
        for operation in self.operations:
            if operation.provider != self.name:
                raise ValueError(f"{operation.id} is not an operation of {self.name}")
        own = {operation.resource for operation in self.operations}
        grouped = [resource for resources in self.groups.values() for resource in resources]
        if not own.issuperset(grouped) or len(set(grouped)) != len(grouped):
            raise ValueError(f"the groups of {self.name} name each of its resources at most once, and nothing else")
        named = self.variables.names if self.variables is not None else ()
        for variable in named:
            if not variable.startswith(variable_prefix(self.name)):
                raise ValueError(f"the variable {variable} of {self.name} must start with {variable_prefix(self.name)}")
        object.__setattr__(self, "by_id", MappingProxyType({each.id: each for each in self.operations}))
        object.__setattr__(self, "lookups", MappingProxyType(dict(self.lookups)))
        object.__setattr__(self, "capabilities", MappingProxyType(dict(self.capabilities)))

    def group_of(self, resource: str) -> str:
        """The group of tools that a resource of it is in."""
        return next((group for group, resources in self.groups.items() if resource in resources), resource)


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """One configured account at a provider; its address and credential come from the operator alone.

    ``base_url`` has no trailing slash; the credential shows as asterisks wherever it is printed. Raises
    ConfigurationError for an address that would send the credential in the clear (THREATS row 10), and for a credential
    that is not of its provider's form.
    """

    name: str
    provider: Provider
    base_url: str
    credential: SecretStr
    auth: Auth = Auth.TOKEN

    def __post_init__(self) -> None:
        """Check the address and the credential."""
        self._check_address()
        if self.auth is Auth.BASIC and ":" not in self.credential.get_secret_value():
            raise ConfigurationError(
                f"connection {self.name}: the credential cannot be used.",
                why='With auth = "basic" it has to be e-mail:password, and there is no colon in it.',
                remedy='Write it that way, or remove auth = "basic".',
            )
        form = self.provider.credential
        if form is not None and (why := form.find_fault(self.credential.get_secret_value())) is not None:
            raise ConfigurationError(
                f"connection {self.name}: the credential cannot be used.", why=why, remedy=form.description
            )

    @property
    def account(self) -> str | None:
        """The e-mail address that it signs in with; None where its credential is a token, which names nobody."""
        return self.credential.get_secret_value().partition(":")[0] if self.auth is Auth.BASIC else None

    @property
    def wire(self) -> "Wire":
        """How its provider is spoken to. Raises ValueError for crashgate itself."""
        if self.provider.wire is None:
            raise ValueError(f"{self.provider.name} is not asked over HTTP")
        return self.provider.wire(self)

    def _check_address(self) -> None:
        shown = f"connection {self.name}: base URL"
        # check: an address holds no credential
        if {"@", "?", "#"} & set(self.base_url) or self.base_url.endswith("/"):
            raise AddressError(
                f"{shown} may hold no credentials, query, fragment or trailing slash.",
                remedy="Write scheme, host and path only.",
            )
        if not _is_address(self.base_url):
            raise AddressError(
                f"{shown} {self.base_url!r} is not an http or https address.",
                remedy=f"Write it like {self.provider.default_url or 'https://api.example.com'}.",
            )
        parts = urlsplit(self.base_url)
        # check: a credential goes over https, or stays on this machine
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise AddressError(
                f"{shown} would send the credential unencrypted.",
                why="http is allowed on loopback addresses only.",
                remedy="Use https.",
            )


def _is_address(url: str) -> bool:
    # check: an address is read in one way
    if _ADDRESS.fullmatch(url) is None:
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Wire(ABC):
    """How a connection's provider is spoken to over HTTP."""

    connection: Connection

    @abstractmethod
    def headers(self, *, with_body: bool) -> Mapping[str, str]:
        """The headers of a request, the credential among them."""

    @abstractmethod
    def failure(self, response: Response, operation: AnyOperation) -> UpstreamError | None:
        """Our own error for an answer that is none; None for a success. It quotes nothing of the answer."""

    def address(self, method: str, path: str) -> str:
        """Where an operation's path is. Raises ValueError for what may never be asked there."""
        del method
        return f"{self.connection.base_url}{path}"
