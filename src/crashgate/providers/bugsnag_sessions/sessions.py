"""Session counts of one app. Rule: a count sent twice counts twice, so a report is never sent again by itself.

The vendor's page names the path ``/sessions``; its published document and every notifier post to ``/``. Source:
docs/upstreams/bugsnag-sessions.md#reports.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field, StringConstraints, field_serializer, field_validator

from crashgate import __version__
from crashgate.model.access import Access
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import In, Params, UtcTime, Wire
from crashgate.model.result import Result, Word
from crashgate.model.scope import Anywhere

NOTIFIER = {"name": "crashgate", "version": __version__, "url": "https://github.com/crashgate/crashgate"}
MOST_COUNTS = 1_000
"""Counts in one request: about 70 kB, far below the vendor's limit of 1 MB for a body."""

Text = Annotated[str | None, StringConstraints(min_length=1, max_length=200)]
ShortText = Annotated[str, StringConstraints(max_length=100)]


class App(Params):
    """The app whose sessions are counted."""

    version: Text = None
    releaseStage: Text = None  # noqa: N815 - the vendor's spelling
    type: Text = None
    versionCode: Annotated[int | None, Field(ge=0, le=2**53)] = None  # noqa: N815 - the vendor's spelling
    bundleVersion: Text = None  # noqa: N815 - the vendor's spelling
    codeBundleId: Text = None  # noqa: N815 - the vendor's spelling


class Device(Params):
    """The device, or the server, that the sessions ran on."""

    hostname: Text = None
    osName: Text = None  # noqa: N815 - the vendor's spelling
    osVersion: Text = None  # noqa: N815 - the vendor's spelling
    manufacturer: Text = None
    model: Text = None
    runtimeVersions: Annotated[  # noqa: N815 - the vendor's spelling
        dict[ShortText, ShortText] | None, Field(max_length=20, description='e.g. {"node": "22.1"}')
    ] = None


class SessionCount(Params):
    """``sessionsStarted`` sessions in the minute of ``startedAt``; a time without zone is UTC."""

    startedAt: datetime  # noqa: N815 - the vendor's spelling
    sessionsStarted: Annotated[int, Field(ge=1, le=1_000_000_000)]  # noqa: N815 - the vendor's spelling

    @field_validator("startedAt")
    @classmethod
    def _utc_minute(cls, given: datetime) -> datetime:
        zoned = given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)
        return zoned.replace(second=0, microsecond=0)

    @field_serializer("startedAt")
    def _written(self, moment: datetime) -> str:
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class ReportSessions(Params):
    """Parameters of one report; ``sent_at`` is the time of sending."""

    sent_at: Annotated[UtcTime, In.HEADER, Wire("Bugsnag-Sent-At")]
    app: Annotated[App, In.BODY]
    device: Annotated[Device, In.BODY]
    session_counts: Annotated[
        tuple[SessionCount, ...], In.BODY, Wire("sessionCounts"), Field(min_length=1, max_length=MOST_COUNTS)
    ]


class Accepted(Result):
    """What upstream answers to a report."""

    status: Word = None


REPORT_SESSIONS = Operation(
    id="bugsnag-sessions.sessions.report",
    provider="bugsnag-sessions",
    resource="session",
    access=Access.WRITE,
    method="POST",
    path="/",
    scope=Anywhere(),
    params=ReportSessions,
    result=Accepted,
    shape=Shape.EMPTY,
    fixed_body={"notifier": NOTIFIER},
    wording=Wording(verb="report", past="reported", target="sessions"),
    source="https://docs.bugsnag.com/api/sessions/",
)

SESSIONS = (REPORT_SESSIONS,)
