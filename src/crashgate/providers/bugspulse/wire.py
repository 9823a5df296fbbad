"""BugsPulse on the wire. Rule: the project's key could write too, so nothing but a GET below ``/export`` is ever built.

Source: docs/upstreams/bugspulse.md#access.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from crashgate.errors import UpstreamError
from crashgate.model import status_errors
from crashgate.model.message import Response
from crashgate.model.operation import AnyOperation
from crashgate.model.provider import Wire

WINDOW = 60.0
"""Seconds: 60 requests a minute for each key; an answer says nothing of when to come back."""

_EXPORT = "/export"
_PATH = re.compile(r"/export/[a-z]+")


@dataclass(frozen=True, slots=True)
class BugsPulse(Wire):
    """The dialect of the Export API; the credential is a project's key."""

    def address(self, method: str, path: str) -> str:
        """Where the path is. The documented base URL ends in ``/export``, the documented sample's does not: both do.

        Raises ValueError for anything but a GET of an export, before there is a credential to send (THREATS row 9).
        """
        if (
            method != "GET"  # check: nothing but a GET goes with the key of a project
            # check: only exports are read with the key of a project
            or _PATH.fullmatch(path) is None
        ):
            raise ValueError("only exports are read from BugsPulse")
        return f"{self.connection.base_url.removesuffix(_EXPORT)}{path}"

    def headers(self, *, with_body: bool) -> Mapping[str, str]:
        """The key. Raises ValueError for a request with a body, which no export has."""
        # check: no body goes with the key of a project
        if with_body:
            raise ValueError("only exports are read from BugsPulse")
        return {
            "Authorization": f"Bearer {self.connection.credential.get_secret_value()}",
            "Accept": "application/json",
        }

    def failure(self, response: Response, operation: AnyOperation) -> UpstreamError | None:
        """Our error for a status, and None for 2xx; the bodies of failures are not documented."""
        return status_errors.failure(response, operation, self.connection, wait=WINDOW, longest=WINDOW)
