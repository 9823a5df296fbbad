"""An event: one crash, as the app reported it. Rule: all of it but ids, times and counts was written by outsiders.

Exceptions and frames come in two spellings (``error_class`` and ``errorClass``, ``line_number`` and ``lineNumber``);
both are read (docs/upstreams/bugsnag.md#shapes).
"""

from typing import Annotated, Any

from pydantic import AliasChoices, Field

from crashgate.catalogue.result import (
    Id,
    Link,
    Many,
    PlaceId,
    PlaceLink,
    Result,
    Time,
    Untrusted,
    UntrustedData,
    UntrustedMark,
    Word,
)


def _both(snake: str, camel: str) -> Any:  # noqa: ANN401 - pydantic's Field is typed so
    return Field(default=None, validation_alias=AliasChoices(snake, camel))


class Frame(Result):
    """One stack frame; ``code`` maps line numbers to source lines."""

    file: Untrusted | None = None
    method: Untrusted | None = None
    line_number: int | str | None = _both("line_number", "lineNumber")
    column_number: int | str | None = _both("column_number", "columnNumber")
    in_project: bool | None = _both("in_project", "inProject")
    code: dict[str, str] | None = None
    code_file: Untrusted | None = _both("code_file", "codeFile")
    inlined: bool | None = None
    macho_uuid: Untrusted | None = None
    source_control_link: Untrusted | None = None
    source_control_name: Untrusted | None = None
    address_offset: int | str | None = _both("address_offset", "addressOffset")
    relative_address: int | str | None = _both("relative_address", "relativeAddress")
    frame_address: int | str | None = _both("frame_address", "frameAddress")


class Thrown(Result):
    """One exception of a chain; the outermost comes first."""

    error_class: Untrusted | None = _both("error_class", "errorClass")
    message: Untrusted | None = None
    type: Untrusted | None = None
    stacktrace: Many[Frame] = ()
    registers: UntrustedData = None


class Breadcrumb(Result):
    """What the app did before; upstream gives the newest first."""

    name: Untrusted | None = None
    type: Untrusted | None = None
    timestamp: Untrusted | None = None
    metaData: UntrustedData = None  # noqa: N815 - the vendor's spelling


class Event(Result):
    """An event in summary or in full; ``is_full_report`` tells which."""

    id: Id
    error_id: PlaceId = None
    received_at: Time = Field(default=None, validation_alias=AliasChoices("received_at", "receivedAt"))
    severity: Word = None
    unhandled: bool | None = None
    is_full_report: bool | None = None
    context: Untrusted | None = None
    exceptions: Annotated[Many[Thrown], UntrustedMark()] = ()
    breadcrumbs: Annotated[Many[Breadcrumb], UntrustedMark()] = ()
    app: UntrustedData = None
    device: UntrustedData = None
    user: UntrustedData = None
    request: UntrustedData = None
    metaData: UntrustedData = None  # noqa: N815 - the vendor's spelling
    threads: UntrustedData = None
    feature_flags: UntrustedData = None
    session: UntrustedData = None
    correlation: UntrustedData = None
    customDiagnostics: UntrustedData = None  # noqa: N815 - the vendor's spelling
    derived: UntrustedData = None
    error_class: Untrusted | None = None
    message: Untrusted | None = None
    missing_dsym: bool | None = None
    url: Link = None
    project_url: PlaceLink = None

    @property
    def home(self) -> str | None:
        """The last segment of ``project_url``; the ``url`` field has pointed at two different routes."""
        return self.project_url.rstrip("/").rpartition("/")[2] if self.project_url else None
