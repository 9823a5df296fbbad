"""What each event field reads: as a filter, as a pivot. Rule: a name that is not listed reads all data of free form.

A project defines fields of its own on whatever an app sends with an event, and only BugSnag knows where each stands.
"""

from collections.abc import Mapping
from typing import Final

from crashgate.model.reads import Reads, ReadsByName, ReadsNothing

_INTRODUCED = ("error.introduced_in_releases.*",)
_SEEN = (
    "error.first_seen",
    "error.last_seen",
    "error.first_seen_unfiltered",
    "error.last_seen_unfiltered",
    "event.received_at",
)
_VERSION, _CODE = "event.app.version", "event.app.versionCode"
_FLAGS = Reads(("event.feature_flags.*",))

_READS: Final[Mapping[str, Reads | ReadsNothing]] = {
    # How many people there are is told by how many ids there are.
    "user.id": Reads(("event.user.id", "error.users")),
    "user.email": Reads(("event.user.email",)),
    "user.name": Reads(("event.user.name",)),
    "error": Reads(("error.id", "event.error_id")),
    "error.id": Reads(("error.id", "event.error_id")),
    # check: a filter reads errors as well as events
    "error.status": Reads(("error.status",)),
    "error.assigned_to": Reads(("error.assigned_collaborator_id", "error.assigned_team_id")),
    "error.has_issue": Reads(("error.linked_issues.*", "error.created_issue.*")),
    "app.release_stage": Reads(
        ("event.app.releaseStage", "error.release_stages", "error.introduced_in_releases.release_stage")
    ),
    "app.context": Reads(("event.context", "error.context")),
    "app.type": Reads(("event.app.type",)),
    "app.in_foreground": Reads(("event.app.inForeground",)),
    "version.introduced_in": Reads((*_INTRODUCED, _VERSION)),
    "version.seen_in": Reads((_VERSION,)),
    "version_code.introduced_in": Reads((*_INTRODUCED, _CODE)),
    "version_code.seen_in": Reads((_CODE,)),
    "release.introduced_in": Reads((*_INTRODUCED, _VERSION, _CODE)),
    "release.seen_in": Reads((_VERSION, _CODE)),
    "feature_flag.seen_in": _FLAGS,
    "feature_flag.exclusive_to": _FLAGS,
    "event": Reads(("event.id",)),
    "event.class": Reads(("event.exceptions.error_class", "event.error_class", "error.error_class")),
    "event.message": Reads(("event.exceptions.message", "event.message", "error.message")),
    "event.file": Reads(("event.exceptions.stacktrace.file",)),
    "event.method": Reads(("event.exceptions.stacktrace.method",)),
    "event.severity": Reads(
        ("event.severity", "error.severity", "error.original_severity", "error.overridden_severity")
    ),
    "event.unhandled": Reads(("event.unhandled",)),
    "event.since": Reads(_SEEN),
    "event.before": Reads(_SEEN),
    "browser.name": Reads(("event.device.browserName",)),
    "browser.version": Reads(("event.device.browserVersion",)),
    "os.name": Reads(("event.device.osName",)),
    "os.version": Reads(("event.device.osVersion",)),
    "device.hostname": Reads(("event.device.hostname",)),
    "device.manufacturer": Reads(("event.device.manufacturer",)),
    "device.model": Reads(("event.device.model",)),
    "device.jailbroken": Reads(("event.device.jailbroken",)),
    "request.url": Reads(("event.request.url",)),
    "request.ip": Reads(("event.request.clientIp",)),
    # It looks into all of an event, and upstream answers with errors.
    "search": Reads(("event.*", "error.*")),
}

FREE_FORM: Final = (
    "event.app.*",
    "event.breadcrumbs.*",
    "event.correlation.*",
    "event.customDiagnostics.*",
    "event.derived.*",
    "event.device.*",
    "event.exceptions.registers.*",
    "event.exceptions.stacktrace.code.*",
    "event.feature_flags.*",
    "event.metaData.*",
    "event.request.*",
    "event.session.*",
    "event.threads.*",
    "event.user.*",
)
"""Where an app may write any JSON, and so where a project's own fields may stand."""

EVENT_FIELDS: Final = ReadsByName(
    _READS,
    # check: a field of a project's own reads whatever an app sends
    otherwise=Reads(FREE_FORM),
)
"""The mark of what holds names of event fields."""

ALWAYS_KNOWN = frozenset({"error", "event", "event.unhandled"})
"""Keys that upstream takes although the list of event fields does not show them."""

DEFAULT_FIELDS = tuple(name for name in _READS if name not in {*ALWAYS_KNOWN, "search"})
"""The built-in filter keys; a project may have more or fewer (list event fields tells)."""
