"""``clients.toml`` as values."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a client connects."""

    transport: str
    era: str
    """``legacy`` or ``modern``, where the client lets one choose; otherwise empty, and the client chooses."""

    def __str__(self) -> str:
        return f"{self.transport} {self.era}".strip()


@dataclass(frozen=True, kw_only=True)
class Client:
    """A client, how to run it, and what it must give its model."""

    name: str
    packages: tuple[str, ...]
    probe: str
    ways: tuple[Way, ...]
    answer: str
    """The part of an answer that its model is given: ``text``, ``structured`` or ``both``."""
    error: str
    """The same of a refusal."""
    about: str

    @property
    def on_node(self) -> bool:
        """Whether its packages come from npm."""
        return ".mjs" in self.probe


@dataclass(frozen=True, kw_only=True)
class Suite:
    """The protocol's conformance suite."""

    packages: tuple[str, ...]
    known: Mapping[str, str]
    """The scenarios that cannot pass, each with its reason."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """All that is in the file."""

    clients: tuple[Client, ...]
    suite: Suite
    node: tuple[str, ...]

    @property
    def npm(self) -> tuple[str, ...]:
        """Every npm package, node itself first."""
        of_clients = [package for client in self.clients if client.on_node for package in client.packages]
        return (*self.node, *of_clients, *self.suite.packages)


def read(path: Path = HERE / "clients.toml") -> Listed:
    """The file's content."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    return Listed(
        clients=tuple(_client(name, entry) for name, entry in document["client"].items()),
        suite=Suite(packages=tuple(document["conformance"]["packages"]), known=document["conformance"]["known"]),
        node=tuple(document["node"]["packages"]),
    )


def _client(name: str, entry: Mapping[str, Any]) -> Client:
    return Client(
        name=name,
        packages=tuple(entry["packages"]),
        probe=entry["probe"],
        ways=tuple(_way(words) for words in entry["ways"]),
        answer=entry["answer"],
        error=entry["error"],
        about=entry["about"],
    )


def _way(words: str) -> Way:
    transport, _, era = words.partition(" ")
    return Way(transport=transport, era=era)
