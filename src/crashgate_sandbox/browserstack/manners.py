"""Where Langfuse servers differ. Rule: the defaults are a self-hosted server of today.

Which version BrowserStack AI Evals started from is not known, so each of these may be met there.
Source: docs/upstreams/browserstack.md.
"""

from dataclasses import dataclass
from enum import StrEnum, unique

HOBBY, CORE, PRO = 15, 30, 100
"""Requests a minute on sessions and traces in the vendor's plans."""


@unique
class TooManyForm(StrEnum):
    """How a 429 looks."""

    JSON = "json"
    """Since June 2026."""
    TEXT = "text"
    """Before that, and in forks of it: plain text, with no content type."""


@unique
class HugeSession(StrEnum):
    """What becomes of a session of a thousand traces."""

    ANSWERED = "answered"
    UNPROCESSABLE = "unprocessable"
    """422, as today's code can."""
    SERVER_ERROR = "server_error"
    """500 after half a minute; the sandbox does not wait."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LangfuseManners:
    """One server's choices.

    ``requests_a_minute`` is for sessions and traces together, ``ingestions_a_minute`` for batches; None is no limit.
    ``read_after_write_seconds`` pass on the monotonic clock until something ingested can be read. ``largest_batch`` is
    in bytes. ``strict_environment`` refuses an event whose environment has a bad name, as versions before 2026 do.
    """

    too_many: TooManyForm = TooManyForm.JSON
    requests_a_minute: int | None = None
    ingestions_a_minute: int | None = None
    inclusive_to_timestamp: bool = False
    """True is what BrowserStack's page says: "at or before". Langfuse: strictly before."""
    error_in_401: bool = False
    scores_key_is_401: bool = False
    """A Bearer public key on a reading route: 401 in older versions, 403 today."""
    events_only: bool = False
    deprecation: bool = False
    """True is Langfuse Cloud, which announces the end of these routes in each answer."""
    read_after_write_seconds: float = 0.0
    strict_environment: bool = False
    largest_batch: int = 4_718_592
    """4.5 MB, as the parser counts; BrowserStack documents 5 MB."""
    huge_session: HugeSession = HugeSession.ANSWERED
    database_down: bool = False
    ingestion_suspended: bool = False


SELF_HOSTED = LangfuseManners()
"""No limits, and all of it readable at once."""
