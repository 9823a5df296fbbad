"""Tools that several providers of sessions have alike: the same names, words and views, over each one's operation.

Times are in UTC, durations in milliseconds. Tools of one name are one tool to an agent (``model/catalogue.py``).
"""

from collections.abc import Mapping

from crashgate.model.export import Export, Tally
from crashgate.model.operation import AnyOperation
from crashgate.model.tool import Always, Tool, View
from crashgate.views import session_events, sessions
from crashgate.views.rows import rows


def list_sessions(operation: AnyOperation) -> Tool:
    """The tool that finds sessions."""
    return Tool(
        name="list_sessions",
        title="List sessions",
        description="Sessions of an app's users, newest first; texts are cut, get_session shows one whole.",
        example={"since": "2026-11-19", "until": "2026-11-20T12:00:00Z", "per_page": 20},
        choice=Always(operation=operation),
        view=rows("sessions", sessions.row),
        holds=("sessions", "array"),
        pages=True,
    )


def get_session(operation: AnyOperation) -> Tool:
    """The tool that reads one session."""
    return Tool(
        name="get_session",
        title="Get a session",
        description="Read one session: its device and what went wrong in it, or the first of its traces.",
        choice=Always(operation=operation),
        view=sessions.session,
        holds=("session", "object"),
        detailed=True,
    )


def list_session_events(operation: AnyOperation, view: View = session_events.list_events) -> Tool:
    """The tool that tells what happened in a session, in the order in which it happened."""
    return Tool(
        name="list_session_events",
        title="List session events",
        description=(
            "What a user did and what happened in one session, in order: what led to a crash, and its log where there"
            " is one. Long texts are cut. Ids of sessions from list_sessions."
        ),
        choice=Always(operation=operation),
        view=view,
        holds=("events", "array"),
        pages=True,
        detailed=True,
    )


def list_network_logs(operation: AnyOperation, view: View, notes: Mapping[str, str] | None = None) -> Tool:
    """The tool that lists the requests of an app: what the app saw of them; nothing is asked again."""
    return Tool(
        name="list_network_logs",
        title="List network logs",
        description="Requests that the app made, with status codes, durations in ms and errors. Long texts are cut.",
        choice=Always(operation=operation),
        view=view,
        holds=("network_logs", "array"),
        notes=notes or {},
        pages=True,
        detailed=True,
    )


def export_sessions(operation: AnyOperation) -> Export:
    """The tool that writes all sessions to a file."""
    return Export(
        name="export_sessions",
        title="Export sessions",
        description=(
            "Write all sessions of a period to a file (JSON Lines, CSV or Parquet) and get a link, the crash-free rate,"
            " counts per day and the first rows. It may take minutes, and can be resumed. For a few, use list_sessions."
        ),
        example={"since": "2026-11-01", "format": "csv"},
        subject="sessions",
        of=(operation,),
        tally=Tally(
            counts=("status", "has_network_errors", "has_anr", "has_rage_tap"), day="started_at", crashed="has_crash"
        ),
    )
