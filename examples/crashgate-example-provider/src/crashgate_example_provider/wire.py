"""The vendor's headers, and the meaning of its failures: nothing of them beside the status is told."""

from collections.abc import Mapping

from crashgate.errors import UpstreamError
from crashgate.model import status_errors
from crashgate.model.message import Response
from crashgate.model.operation import AnyOperation
from crashgate.model.provider import Wire


class Example(Wire):
    """A bearer token, and JSON both ways."""

    def headers(self, *, with_body: bool) -> Mapping[str, str]:
        """The token."""
        return {
            "Authorization": f"Bearer {self.connection.credential.get_secret_value()}",
            "Accept": "application/json",
            **({"Content-Type": "application/json"} if with_body else {}),
        }

    def failure(self, response: Response, operation: AnyOperation) -> UpstreamError | None:
        """Our error for a status, and None for 2xx."""
        return status_errors.failure(response, operation, self.connection)
