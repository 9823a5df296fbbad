"""The entry of a server in a client's file: put in, taken out, shown. What else is there stays as it is."""

import json
from collections.abc import Mapping, MutableMapping
from typing import Any, cast

from crashgate.clients import jsonc
from crashgate.clients.formats import Client, Entry, Format


def add_entry(client: Client, text: str, name: str, entry: Entry) -> str:
    """The file's text with the entry in it. Raises ValueError for a text that is not what the client writes."""
    if client.format is Format.JSON:
        return jsonc.set_member(text, (client.servers, name), dict(entry))
    document, kit = _toml(text)
    servers = document.setdefault(client.servers, kit.table(is_super_table=True))
    if not isinstance(servers, MutableMapping):
        raise ValueError(f"`{client.servers}` is not a table")  # noqa: TRY004 - about the text of a file
    cast("MutableMapping[str, Any]", servers)[name] = kit.item(dict(entry))
    return str(kit.dumps(document))


def remove_entry(client: Client, text: str, name: str) -> str:
    """The file's text without the entry; the same where there is none. Raises as ``add_entry`` does."""
    if client.format is Format.JSON:
        return jsonc.remove_member(text, (client.servers, name))
    document, kit = _toml(text)
    servers = document.get(client.servers)
    if not isinstance(servers, MutableMapping) or name not in servers:
        return text
    del cast("MutableMapping[str, Any]", servers)[name]
    return str(kit.dumps(document))


def find_entry(client: Client, text: str, name: str) -> Any:  # noqa: ANN401 - whatever stands there
    """The entry as it stands in the file, or None. Raises as ``add_entry`` does."""
    data: Mapping[str, Any] = jsonc.read(text) if client.format is Format.JSON else _toml(text)[0].unwrap()
    servers = data.get(client.servers)
    return cast("Mapping[str, Any]", servers).get(name) if isinstance(servers, Mapping) else None


def snippet(client: Client, name: str, entry: Entry) -> str:
    """The entry alone, as a file that holds nothing else."""
    if client.format is Format.JSON:
        return json.dumps({client.servers: {name: entry}}, indent=2) + "\n"
    return add_entry(client, "", name, entry)


def _toml(text: str) -> tuple[Any, Any]:
    """The document and the library, which is imported where it is needed. Raises ValueError."""
    import tomlkit  # noqa: PLC0415 - only for clients with TOML
    from tomlkit.exceptions import ParseError  # noqa: PLC0415 - only for clients with TOML

    try:
        return tomlkit.parse(text), tomlkit
    except ParseError as problem:
        raise ValueError(str(problem)) from None
