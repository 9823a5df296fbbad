"""What narrows a list of sessions. Rule: only what the vendor's page shows the form of.

``custom_events`` and ``response_time_list`` are named there without a form. That of ``created_at`` is taken to be
the range of the vendor's other lists; neither that nor whether its ends are inside is documented.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from crashgate.catalogue.devrev.apps import KIND, AppId, PlatformName
from crashgate.catalogue.moments import Since, Until
from crashgate.catalogue.params import Along, In, Logged, Params, PicksBy, RowsAPage, Wire

MOST_ROWS = 100
"""Rows a page; the vendor publishes no limit for sessions, and shows 50 as the default of a neighbour."""

MOST_VALUES = 50
SORT_PATTERN = r"^[a-z][a-z_]{0,60}(?::(?:asc|desc))?$"

Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Texts = Annotated[tuple[Text, ...] | None, Field(min_length=1, max_length=MOST_VALUES)]
_RANGE = Along(wire="created_at.type", value="range")


class SessionFilters(Params):
    """The parameters of listing sessions; a list of values means any of them."""

    app_id: Annotated[AppId, In.BODY, Wire("version_key"), Logged()]
    platform: Annotated[PlatformName, In.BODY, KIND, Logged()]
    since: Annotated[Since | None, In.BODY, Wire("created_at.after"), _RANGE, Logged()] = None
    until: Annotated[Until | None, In.BODY, Wire("created_at.before"), _RANGE, Logged()] = None
    is_crash: Annotated[bool | None, In.BODY, Logged()] = None
    is_anr: Annotated[bool | None, In.BODY, Logged()] = None
    has_exception_occurred: Annotated[bool | None, In.BODY, Logged()] = None
    rage_tap: Annotated[bool | None, In.BODY, Logged()] = None
    is_anonymous: Annotated[bool | None, In.BODY, Logged()] = None
    app_version: Annotated[Texts, In.BODY] = None
    os_version: Annotated[Texts, In.BODY] = None
    manufacturer: Annotated[Texts, In.BODY] = None
    device_model: Annotated[Texts, In.BODY] = None
    network_type: Annotated[Texts, In.BODY] = None
    rev_user: Annotated[Texts, In.BODY, PicksBy(("user_id",))] = None
    rev_org: Annotated[Texts, In.BODY] = None
    sort_by: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=SORT_PATTERN)], ...] | None,
        In.BODY,
        Field(min_length=1, max_length=5),
        Logged(),
    ] = None
    per_page: Annotated[int | None, In.BODY, Wire("limit"), RowsAPage(most=MOST_ROWS)] = None


class AllSessions(SessionFilters):
    """The parameters of exporting sessions: as many a page as there may be."""

    per_page: Annotated[int | None, In.BODY, Wire("limit"), RowsAPage(most=MOST_ROWS)] = MOST_ROWS
