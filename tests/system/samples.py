"""One call for each operation of the catalogue. Rule: whoever adds an operation adds its call here, or a test fails."""

from collections.abc import Mapping

from tests.system.bugsnag_samples import BUGSNAG
from tests.system.sample import Sample
from tests.system.session_samples import SESSIONS

SAMPLES: Mapping[str, Sample] = {
    "crashgate.access.get": Sample(tool="my_access", arguments=lambda _: {}, path=None, holds="access"),
    **BUGSNAG,
    "crashgate.exports.list": Sample(tool="list_exports", arguments=lambda _: {}, path=None, holds="exports"),
    **SESSIONS,
    # Last: nothing of the organization is left after it. It is not that of the other samples.
    "bugsnag.organizations.delete": Sample(
        tool="delete_organization",
        arguments=lambda _: {"organization_id": "globex"},
        method="DELETE",
        path="/organizations/{other_organization}",
        holds="organization",
    ),
}


BY_RESOURCE = frozenset({"crashgate.exports.read"})
"""Operations that no tool carries out: a client reads a resource."""
