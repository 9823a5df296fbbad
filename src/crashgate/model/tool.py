"""A tool: its name, its description for agents, and the operations behind it.

Rule: a tool's access, resource and schema come from its operations alone (THREATS row 9).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Any

from crashgate.model.field_table import Visibility, shown_fields
from crashgate.model.operation import AnyOperation
from crashgate.model.params import Params
from crashgate.model.result import Page, Result


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What the agent may see: rows in scope, the parameters as the gate read them, and where it was, in words.

    ``call`` is the id of the call in the log, ``policy_hash`` the policy's by which it was decided. ``usual`` names the
    parameters that the caller left to the tool.
    """

    page: Page[Any]
    params: Params
    connection: str
    where: str | None
    call: str
    policy_hash: str | None
    usual: tuple[str, ...] = ()
    named: Mapping[str, tuple[str, Mapping[str, str]]] = field(
        default_factory=dict[str, tuple[str, Mapping[str, str]]], hash=False
    )
    """By parameter, the id that was looked up for a name, and what the policy shows of what has it."""


@unique
class Detail(StrEnum):
    """How much of an answer is shown."""

    SUMMARY = "summary"
    FULL = "full"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What a view makes of a reply: the structured content and one sentence in our own words.

    ``rows`` is how many of the page's rows are shown, where it is not all of them. ``next_mark`` is where a composite
    tool goes on in a later call.
    """

    content: Mapping[str, Any]
    text: str
    rows: int | None = None
    next_mark: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """Something that an agent can read at an address of ours; ``title`` is for people, ``size`` in bytes."""

    uri: str
    name: str
    title: str
    description: str
    mime_type: str
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Holds:
    """What the rows of an answer, or its one object, can hold: the names of fields, for the schema of the answer.

    Those are the fields that the models declare for this ``visibility``, and those that ``fields`` names. ``added`` are
    ours, ``untrusted.x`` where outsiders wrote it; ``beside`` stand beside the rows. ``inside`` gives the model of the
    rows where those are a part of what upstream answers, by the model of the whole.
    """

    visibility: Visibility | None = None
    fields: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    inside: Mapping[type[Result], type[Result]] = field(default_factory=dict[type[Result], type[Result]], hash=False)
    reads: tuple[str, ...] | None = None
    """What is read of a row beside what is shown; None where it can be anything."""


@dataclass(frozen=True, slots=True)
class Row:
    """Makes what is shown of one result, and says what that can hold; ``show_all`` makes it of several at once."""

    show: Callable[[Any, Detail], dict[str, Any]]
    holds: Holds
    show_all: Callable[[Sequence[Any], Detail], list[dict[str, Any]]] | None = None

    def all(self, results: Sequence[Any], detail: Detail) -> list[dict[str, Any]]:
        """What is shown of each of them."""
        if self.show_all is not None:
            return self.show_all(results, detail)
        return [self.show(each, detail) for each in results]

    def __call__(self, result: Any, detail: Detail) -> dict[str, Any]:  # noqa: ANN401 - any result
        """What is shown."""
        return self.show(result, detail)


@dataclass(frozen=True, slots=True)
class View:
    """Makes what is shown of a reply, and says what that can hold."""

    show: Callable[[Reply, Detail], Shown]
    holds: Holds

    def __call__(self, reply: Reply, detail: Detail) -> Shown:
        """What is shown."""
        return self.show(reply, detail)


@dataclass(frozen=True, kw_only=True, slots=True)
class Always:
    """The tool has one operation."""

    operation: AnyOperation

    @property
    def operations(self) -> tuple[AnyOperation, ...]:
        """All operations that can be chosen."""
        return (self.operation,)


@dataclass(frozen=True, kw_only=True, slots=True)
class ByProvider:
    """The connection's provider chooses: one name for the tools of several providers."""

    tools: tuple["Tool", ...]

    @property
    def operations(self) -> tuple[AnyOperation, ...]:
        """All operations that can be chosen."""
        return tuple(operation for tool in self.tools for operation in tool.operations)


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """The operation is ``present`` when ``argument`` is given, else ``absent``; ``word`` for it means not given."""

    argument: str
    present: AnyOperation
    absent: AnyOperation
    word: str | None = None

    @property
    def operations(self) -> tuple[AnyOperation, ...]:
        """All operations that can be chosen."""
        return (self.present, self.absent)


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """The value of ``argument`` names the operation; it is ours, and no parameter upstream.

    ``usual`` is the name that is meant where none is given; None where one is needed.
    Where there are ``singles``, the operations of ``choices`` take several objects, as the list ``many``; of a single
    one, that of the same word among ``singles`` is meant, which takes it as ``one``.
    """

    argument: str
    choices: Mapping[str, AnyOperation]
    usual: str | None = None
    singles: Mapping[str, AnyOperation] = field(default_factory=dict[str, AnyOperation])
    many: str = ""
    one: str = ""

    @property
    def operations(self) -> tuple[AnyOperation, ...]:
        """All operations that can be chosen."""
        return (*self.choices.values(), *self.singles.values())


Choice = Always | ByProvider | Given | Named


@dataclass(frozen=True, kw_only=True, slots=True)
class Addition:
    """A change that a call makes besides the chosen one, where one of the ``params`` is given: a comment, say.

    ``arguments`` makes the arguments of ``operation`` of these; the rest, which says where, is that of the chosen one.
    Where ``each`` is given, there is one change for each object of the call, which that parameter of ``operation``
    names; else ``operation`` takes several.
    """

    params: type[Params]
    operation: AnyOperation
    arguments: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    each: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Tool:
    """``description`` says when to use it, and its limits; ``example`` is a call. ``notes`` describe single parameters.

    ``hidden`` are parameters of the operations that the tool does not offer. ``usual`` are arguments that it gives
    where the caller gives none, as far as the policy lets anybody give them. ``additions`` are further changes that a
    call can make: all are decided before the first is sent. ``pages`` says that the answer is a list
    with a cursor, ``detailed`` that the tool takes ``detail``. ``holds`` names the answer's one key and JSON type.
    """

    name: str
    title: str
    description: str
    choice: Choice
    view: View
    holds: tuple[str, str]
    example: Mapping[str, Any] = field(default_factory=dict[str, Any])
    notes: Mapping[str, str] = field(default_factory=dict[str, str])
    hidden: frozenset[str] = frozenset()
    usual: Mapping[str, Any] = field(default_factory=dict[str, Any])
    additions: tuple[Addition, ...] = ()
    pages: bool = False
    detailed: bool = False

    def __post_init__(self) -> None:
        """Refuse, at import, a tool with neither resource nor access (THREATS row 9), and one that shows empty rows."""
        if not self.operations:
            raise ValueError(f"{self.name}: a tool has no operation")
        holds = self.view.holds
        if holds.visibility is None or holds.fields or holds.added:
            return
        for operation in self.operations:
            model = holds.inside.get(operation.result, operation.result)
            if not shown_fields(model, holds.visibility):
                raise ValueError(f"{self.name}: no field of {model.__name__} is marked {holds.visibility.name}")

    @property
    def operations(self) -> tuple[AnyOperation, ...]:
        """The operations behind the tool, in a fixed order."""
        return self.choice.operations

    def of_provider(self, provider: str | None) -> "Tool":
        """The tool as this provider declares it; where no connection is known, any of them, for it is refused."""
        if not isinstance(self.choice, ByProvider):
            return self
        own = (tool for tool in self.choice.tools if tool.operations[0].provider == provider)
        return next(own, self.choice.tools[0])

    def fields_of(self, model: type[Result], detail: Detail) -> frozenset[str] | None:
        """The fields of a row that an answer is made of; None where it can be all."""
        holds = self.view.holds
        if holds.reads is None or detail is Detail.FULL:
            return None
        shown = () if holds.visibility is None else shown_fields(model, holds.visibility)
        return frozenset((*shown, *holds.fields, *holds.reads))
