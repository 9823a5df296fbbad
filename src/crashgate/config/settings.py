"""What the operator configures. It is read once at the start, and no secret is ever written in it.

Later ones win: defaults, ``crashgate.toml``, environment variables (``CRASHGATE_POLICIES``, ``CRASHGATE_HTTP__PORT``),
options of the command line. Credentials come from the environment or from files that these settings name.

Nothing is read because of the folder that we were started in: clients start us in a workspace, and whoever writes there
would say where the credentials go and what agents may do.
"""

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import platformdirs
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from crashgate.config.operating_settings import ApprovalsSettings, MetricsSettings
from crashgate.config.problems import choose_one_of, faults
from crashgate.errors import ConfigurationError
from crashgate.identity import AGENT_NAME_PATTERN
from crashgate.model.provider import variable_prefix
from crashgate.ownership import is_anothers, others_may_write
from crashgate.policy.toml_positions import survey
from crashgate.providers import DEFAULT_PROVIDER
from crashgate.providers.installed import installed_providers, load_provider, load_providers

CONFIG_FILE = "crashgate.toml"
POLICIES = "policies"
_LARGEST = 1024 * 1024

_legal_origin = re.compile(r"https?://[A-Za-z0-9.\[\]:_-]+").fullmatch
_OF_A_TOKEN = re.compile(r"token|key|secret|password|credential", re.IGNORECASE)
"""How somebody calls it who writes a token where its variable belongs."""


def _not_our_own(name: str) -> str:
    if name == "crashgate":
        raise ValueError("crashgate is the name of its own connection; choose another")
    return name


ConnectionName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$"), AfterValidator(_not_our_own)
]


class ConnectionSettings(BaseModel):
    """One account at a provider. It has either ``token_env`` or ``token_file``."""

    model_config = ConfigDict(
        frozen=True,
        # check: a token is not written into the settings
        extra="forbid",
    )

    provider: str = DEFAULT_PROVIDER
    """What kind of upstream it is: a name from ``crashgate providers``."""
    base_url: str = ""
    """Its address, without a slash at the end. Default: the vendor's own."""
    token_env: str | None = None
    """The environment variable that has the token."""
    token_file: Path | None = None
    """The file that has the token. Only its owner may be able to read it."""
    project_key_env: str | None = None
    """The variable that has a project's API key, where the provider has such keys. Only that project is then open."""
    auth: Literal["token", "basic"] = "token"
    """``basic``: the token is ``e-mail:password``, sent as HTTP Basic. Not every provider accepts it."""
    requests_per_minute: Annotated[int | None, Field(ge=0, le=1_000_000)] = None
    """How many requests all agents together may send. Default: what the vendor documents; 0 is no limit."""

    @property
    def url(self) -> str:
        """The base URL in force, without a trailing slash."""
        return (self.base_url or load_provider(self.provider).default_url).rstrip("/")

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.auth not in load_provider(self.provider).auth:
            taking = " or ".join(f'"{each.name}"' for each in load_providers() if self.auth in each.auth)
            raise ValueError(f'auth = "{self.auth}" works only with provider = {taking}')
        return self

    @field_validator("provider")
    @classmethod
    def _is_upstream(cls, provider: str) -> str:
        if provider == "crashgate":
            raise ValueError("crashgate is not an upstream")
        if provider not in installed_providers():
            raise ValueError(choose_one_of([*installed_providers()], provider))
        return provider


def _origin(text: str) -> str:
    # A token in the hands of every page would be the page author's.
    # check: pages of every origin are nobody's
    if not _legal_origin(text):
        raise ValueError("must be an origin, such as https://app.example.com; * is not allowed")
    return text


def _public_url(text: str) -> str:
    if not _legal_origin(text):
        raise ValueError("must be a scheme and a host, such as https://crashgate.example.com, and no path")
    return text.lower()


def _network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError:
        raise ValueError("has to be an IP address, or a network with no host bits set: 10.0.0.7, 10.0.0.0/8") from None
    return text


class HttpSettings(BaseModel):
    """The server over HTTP. It listens at ``http://HOST:PORT/mcp``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    """The address to listen on."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8321
    """The port to listen on; 0 takes any free port."""
    public_url: Annotated[str, AfterValidator(_public_url)] | None = None
    """How clients reach it through a proxy, such as ``https://crashgate.example.com``. Its host is allowed then."""
    allowed_hosts: tuple[str, ...] = ()
    """Host names under which it may be reached beside its own address, such as those of a proxy: ``name`` or
    ``name:port``."""
    allowed_origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = ()
    """Origins of web pages that may use it, such as ``https://app.example.com``."""
    trusted_proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = ()
    """Addresses of proxies, ``10.0.0.7`` or ``10.0.0.0/8``. Any other address may hold at most 100 connections that
    have shown no token, and only of these ``X-Forwarded-For`` is believed."""
    largest_body: Annotated[int, Field(ge=1024, le=16 * 1024 * 1024)] = 1024 * 1024
    """The most bytes of one message, over stdio too."""
    shutdown_seconds: Annotated[int, Field(ge=0, le=300)] = 20
    """How long requests may still take after a signal to stop."""
    head_seconds: Annotated[float, Field(gt=0, le=300)] = 10
    """How long the head of a request may take to arrive."""
    body_seconds: Annotated[float, Field(gt=0, le=3_600)] = 30
    """How long its body may take after that."""
    max_concurrent_per_agent: Annotated[int, Field(ge=1, le=10_000)] = 100
    """The most requests of one agent that are under way at once."""
    max_sessions_per_agent: Annotated[int, Field(ge=1, le=1_000)] = 100
    """The most sessions of one agent, of the protocol versions that have sessions."""

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of ``trusted_proxies``."""
        return tuple(ip_network(each) for each in self.trusted_proxies)


TextLength = Literal["short", "full"]


class ServeSettings(BaseModel):
    """What clients are given, over stdio and over HTTP."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: TextLength = "full"
    """The text of an answer beside its structured content. ``full``: a sentence, and the data as JSON, for clients
    whose model sees the text alone. ``short``: only the sentence."""
    text_of: dict[Annotated[str, StringConstraints(pattern=AGENT_NAME_PATTERN)], TextLength] = Field(
        default_factory=dict
    )
    """The same for single agents, by name."""
    strict_policies: bool = False
    """true: if one policy document cannot be used, the server does not start, and a reload changes nothing. false: only
    its own agent is affected."""
    requests_per_call: Annotated[int, Field(ge=1, le=100)] = 12
    """The most requests that one call of a composite tool may send to a provider. What is not reached is left out and
    named."""

    def short(self, agent: str) -> bool:
        """Whether an answer's text to ``agent`` is one sentence."""
        return self.text_of.get(agent, self.text) == "short"


class Settings(BaseSettings):
    """Paths in ``crashgate.toml`` are relative to that file."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="CRASHGATE_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )
    of_file: ClassVar[Mapping[str, Any]] = {}

    policies: Path = Path(POLICIES)
    """The folder of policy documents. Default: beside ``crashgate.toml``, or in your configuration folder."""
    state: Path = Field(default_factory=lambda: platformdirs.user_state_path("crashgate"))
    """The folder for the decision log, tokens, approvals and counts."""
    connections: dict[ConnectionName, ConnectionSettings] = Field(default_factory=dict)
    http: HttpSettings = HttpSettings()
    serve: ServeSettings = ServeSettings()
    metrics: MetricsSettings = MetricsSettings()
    approvals: ApprovalsSettings = ApprovalsSettings()
    exports: str | None = None
    """Where exports go: a folder, or a URL such as ``s3://bucket/folder``. Without it there are no exports."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options, then the environment, then the file; no ``.env`` and no secrets folder."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, InitSettingsSource(settings_cls, init_kwargs=dict(cls.of_file))


def load(*, config: Path | None, options: Mapping[str, Any], environment: Mapping[str, str], here: Path) -> Settings:
    """The settings in force.

    ``config`` is the file to read; without it, ``CRASHGATE_CONFIG``, then ``crashgate.toml`` in the user's
    configuration folder. ``options`` are those of the command line that were given; they and the environment may name
    folders relative to ``here``. Without any connection, the variables of a vendor make one that is called like its
    provider. Raises ConfigurationError.
    """
    file = _config_file(config, environment)
    text = ""
    try:
        text = _text(file) if file is not None else ""
        of_file = tomllib.loads(text)
        bound = type("BoundSettings", (Settings,), {"of_file": of_file, "__doc__": Settings.__doc__})
        found: Settings = bound(**options)
    except ValidationError as problem:
        raise _unusable(problem, file, text) from None
    except (OSError, ValueError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else str(problem)
        raise ConfigurationError(
            f"{file or 'The configuration'} cannot be read.", why=f"{why}.", remedy="Fix it and start again."
        ) from None
    connections = found.connections or _from_environment(environment)
    beside = file.parent if file is not None else here
    usual = file.parent if file is not None else user_folder()

    def base(name: str) -> Path:
        return here if name in options or f"CRASHGATE_{name.upper()}" in environment else usual

    place = found.exports
    return found.model_copy(
        update={
            **{name: base(name) / getattr(found, name).expanduser() for name in ("policies", "state")},
            "exports": place if place is None or "://" in place else str(base("exports") / Path(place).expanduser()),
            "approvals": found.approvals.beside(beside),
            "connections": {name: _with_path(each, beside) for name, each in connections.items()},
        }
    )


def user_folder() -> Path:
    """The user's own configuration folder, such as ``~/.config/crashgate``; whoever can write there is the user."""
    return platformdirs.user_config_path("crashgate")


def passed_over(*, config: Path | None, environment: Mapping[str, str], here: Path) -> Path | None:
    """The ``crashgate.toml`` in ``here``, where it is not in force and no other file was named instead of it."""
    found = here / CONFIG_FILE
    used = _config_file(config, environment)
    if config or environment.get("CRASHGATE_CONFIG") or not found.is_file():
        return None
    return None if used is not None and used.samefile(found) else found


def _config_file(config: Path | None, environment: Mapping[str, str]) -> Path | None:
    named = config or (Path(environment["CRASHGATE_CONFIG"]) if environment.get("CRASHGATE_CONFIG") else None)
    if named is not None:
        if not named.is_file():
            raise ConfigurationError(
                f"The configuration file {named} does not exist.", remedy="Give the path of a crashgate.toml."
            )
        return named.resolve()
    usual = Path(
        # check: the folder we are started in names no upstream
        user_folder(),
        CONFIG_FILE,
    )
    return usual if usual.is_file() else None


def _text(file: Path) -> str:
    """What the file holds, read once. Raises OSError, ValueError, and ConfigurationError where others could change it.

    It says where credentials go, and which policies are in force.
    """
    with file.open("rb") as opened:
        status = os.fstat(opened.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
            raise ValueError("It is not a file of less than 1 MiB")
        # check: a configuration of another user
        if is_anothers(status):
            raise ConfigurationError(
                f"The configuration file {file} cannot be used.",
                why="It belongs to another user, who could send your credentials elsewhere.",
                remedy="Give it to the user that runs crashgate, or to root, or name another file with --config.",
            )
        # check: a configuration that others may write to
        if others_may_write(status):
            raise ConfigurationError(
                f"The configuration file {file} cannot be used.",
                why="Its group or everybody may write to it, so another user could send your credentials elsewhere.",
                remedy=f"Run: chmod go-w {file}",
            )
        return opened.read(_LARGEST).decode("utf-8")


def _from_environment(environment: Mapping[str, str]) -> dict[str, ConnectionSettings]:
    """The connections of the vendors' own variables, so that moving over is one line."""
    found: dict[str, ConnectionSettings] = {}
    for name, each in installed_providers().items():
        if not each.is_ours or not any(variable.startswith(variable_prefix(name)) for variable in environment):
            continue
        provider = each.load()
        variables = provider.variables
        if variables is not None and environment.get(variables.token):
            url = environment.get(variables.url, "")
            key = variables.project_key.variable if variables.project_key else ""
            if variables.find_url is not None:
                url = variables.find_url(url, environment.get(key, ""))
            found[name] = ConnectionSettings(
                provider=name,
                base_url=(url or provider.default_url).rstrip("/"),
                token_env=variables.token,
                project_key_env=key if environment.get(key) else None,
            )
    return found


def variables_that_connect() -> str:
    """The variables each of which makes a connection alone, in words."""
    ours = (each.load() for each in installed_providers().values() if each.is_ours)
    names = [each.variables.token for each in ours if each.variables is not None]
    return " or ".join(names)


def _with_path(connection: ConnectionSettings, base: Path) -> ConnectionSettings:
    if connection.token_file is None:
        return connection
    return connection.model_copy(update={"token_file": base / connection.token_file.expanduser()})


def _unusable(problem: ValidationError, file: Path | None, text: str) -> ConfigurationError:
    errors = problem.errors(include_url=False)
    told = faults(errors, Settings, survey(text))
    tokens = any(
        _OF_A_TOKEN.search(str(error["loc"][-1]))
        if error["type"] == "extra_forbidden"
        else (error["type"], error["loc"][0]) == ("model_type", "connections")
        for error in errors
    )
    return ConfigurationError(
        f"The configuration cannot be used ({file or 'environment and options'}).",
        why="; ".join(told) + ("" if told[-1].endswith("?") else "."),
        remedy="Fix it and start again."
        + (" A token is never written here: name its variable in token_env." if tokens else ""),
    )
