"""One error, event, release or session as a resource. Rule: reading it is a call of its tool, with that tool's answer.

So it is decided, recorded, narrowed and bounded like that call. Which addresses there are follows from the tool as the
agent is shown it: what the tool requires is in the path, its own id last, and the rest in the query.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from crashgate.errors import Code, CrashgateError, InvalidArgumentsError, NotAvailableError
from crashgate.gate.call import Ask
from crashgate.identity import Principal
from crashgate.model.tool import Link
from crashgate.tools.definitions import Definition
from crashgate.tools.toolbox import Toolbox
from crashgate.views.present import compact

KINDS: Mapping[str, str] = {
    "error": "get_error",
    "event": "get_event",
    "release": "get_release",
    "session": "get_session",
}
"""The tool that reads each kind."""

MIME_TYPE = "application/json"
_LONGEST = 2_000
_MOST_IN_QUERY = 10
_address = re.compile(
    rf"crashgate://(?P<kind>{'|'.join(KINDS)})(?P<path>(?:/[^/?#]+)*)(?:\?(?P<query>[^#]*))?"
).fullmatch


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """The addresses of one kind, as an RFC 6570 template, and the tool that reads them as the agent is shown it."""

    uri: str
    kind: str
    definition: Definition

    @property
    def title(self) -> str:
        """For people."""
        return self.kind.capitalize()

    @property
    def description(self) -> str:
        """What reading it gives."""
        return f"The answer of {self.definition.name}."


@dataclass(frozen=True, kw_only=True, slots=True)
class Resources:
    """What can be read by its address, beside the files of exports."""

    toolbox: Toolbox

    def templates(self, agent: str) -> tuple[Template, ...]:
        """Those whose tools are open to the agent."""
        shown = {each.name: each for each in self.toolbox.listed(agent)}
        return tuple(
            Template(uri=_template(kind, shown[tool]), kind=kind, definition=shown[tool])
            for kind, tool in KINDS.items()
            # check[always]: a template is listed where its tool is open
            if tool in shown
        )

    async def read(self, principal: Principal, uri: str) -> tuple[Link, bytes]:
        """The resource at an address, as JSON.

        Raises NotAvailableError where there is none or the agent may not read it, InvalidArgumentsError, and any other
        error of the call.
        """
        address = _address(uri) if len(uri) <= _LONGEST else None
        arguments = None if address is None else self._arguments(principal.agent, address)
        if address is None or arguments is None:
            if self.toolbox.files is not None:
                return await self.toolbox.files.read(principal, uri)
            await self.toolbox.gateway.run(Ask(principal=principal, tool=None, operation=None))
            raise NotAvailableError("There is no such resource.")
        kind = address["kind"]
        answer = await self.toolbox.call(principal, KINDS[kind], arguments)
        if answer.error is not None:
            raise _error(answer.error, answer.text)
        data = compact(dict(answer.content)).encode()
        link = Link(
            uri=uri,
            name=kind,
            title=kind.capitalize(),
            description=answer.text,
            mime_type=MIME_TYPE,
            size=len(data),
        )
        return link, data

    def _arguments(self, agent: str, address: re.Match[str]) -> Mapping[str, Any] | None:
        """What the address says; nothing where the tool is closed, None where it has not the form of the template."""
        template = next((each for each in self.templates(agent) if each.kind == address["kind"]), None)
        if template is None:
            return {}
        try:
            path = [unquote(each, errors="strict") for each in address["path"].split("/")[1:]]
            query = parse_qsl(
                address["query"] or "",
                keep_blank_values=True,
                strict_parsing=bool(address["query"]),
                errors="strict",
                max_num_fields=_MOST_IN_QUERY,
            )
        except ValueError:
            return None
        names = _path(template.kind, template.definition)
        every = [*names, *(name for name, _ in query)]
        if len(path) != len(names) or len(set(every)) != len(every):
            return None
        return dict(zip(every, [*path, *(value for _, value in query)], strict=True))


def _error(code: Code, text: str) -> CrashgateError:
    match code:
        case Code.NOT_AVAILABLE:
            return NotAvailableError(text)
        case Code.INVALID_ARGUMENTS:
            return InvalidArgumentsError(text)
        case _:
            return CrashgateError(text, code=code)


def _path(kind: str, definition: Definition) -> list[str]:
    """The parameters in the path."""
    own = f"{kind}_id"
    around = [name for name in definition.required if name != own]
    return [*around, own] if own in definition.properties else around


def _template(kind: str, definition: Definition) -> str:
    path = _path(kind, definition)
    query = [name for name in definition.properties if name not in path]
    variables = "".join(f"/{{{name}}}" for name in path) + (f"{{?{','.join(query)}}}" if query else "")
    return f"crashgate://{kind}{variables}"
