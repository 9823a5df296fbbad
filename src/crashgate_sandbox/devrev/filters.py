"""What ``POST …sessions.list`` is narrowed by. Rule: every filter must hold; one value of a list is enough.

``created_at`` is taken as ``{"type": "range", "after": …, "before": …}``, both ends included, as the vendor's other
lists have it (V); its type may be left out (G). ``custom_events`` is taken as names of events, any of which must be in
the session (G). The form of ``response_time_list`` is not known at all, so it is refused. A web session neither crashed
nor hung (G).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from crashgate_sandbox.devrev.errors import bad_request
from crashgate_sandbox.devrev.fields import Fields
from crashgate_sandbox.devrev.sessions import Session

_TEXTS: Mapping[str, Callable[[Session], str]] = {
    "app_version": lambda session: session.app_version,
    "device_model": lambda session: session.model,
    "manufacturer": lambda session: session.manufacturer,
    "network_type": lambda session: session.network_type,
    "os_version": lambda session: session.os_version,
    "rev_org": lambda session: session.rev_org_id,
    "rev_user": lambda session: session.rev_user_id,
}
_FLAGS: Mapping[str, Callable[[Session], bool]] = {
    "has_exception_occurred": lambda session: session.has_exception_occurred,
    "is_anonymous": lambda session: session.is_anonymous,
    "is_anr": lambda session: session.is_anr,
    "is_crash": lambda session: session.is_crash,
    "rage_tap": lambda session: session.rage_tap,
}
_UNKNOWN_FORM = "response_time_list"
FILTERS = (*_TEXTS, *_FLAGS, "created_at", "custom_events", _UNKNOWN_FORM)

_Test = Callable[[Session], bool]


def tests_of(fields: Fields) -> list[_Test]:
    """What a session must pass. Raises RefusedError (400)."""
    if fields.has(_UNKNOWN_FORM):
        message = f"The sandbox does not know the form of {_UNKNOWN_FORM}"
        raise bad_request("value_not_permitted", message, field=_UNKNOWN_FORM)
    found = [_one_of(read, texts) for name, read in _TEXTS.items() if (texts := fields.texts(name)) is not None]
    found += [_is(read, wanted=flag) for name, read in _FLAGS.items() if (flag := fields.flag(name)) is not None]
    events = fields.texts("custom_events")
    if events is not None:
        found.append(lambda session: not set(events).isdisjoint(session.custom_events))
    created = fields.inner("created_at")
    if created is not None:
        found.append(_created(created))
    return found


def _one_of(read: Callable[[Session], str], wanted: tuple[str, ...]) -> _Test:
    return lambda session: read(session) in wanted


def _is(read: Callable[[Session], bool], *, wanted: bool) -> _Test:
    return lambda session: read(session) is wanted


def _created(fields: Fields) -> _Test:
    fields.allow(("type", "after", "before"))
    fields.optional_word("type", ("range",))
    after, before = _moment(fields, "after"), _moment(fields, "before")
    return lambda session: (
        (after is None or session.created_at >= after) and (before is None or session.created_at <= before)
    )


def _moment(fields: Fields, name: str) -> datetime | None:
    """An RFC 3339 time; one without a zone is refused (G)."""
    text = fields.optional_text(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise bad_request("parse_error", f"created_at.{name} must be an RFC 3339 time", field=f"created_at.{name}")
