"""An example of a provider: issues of a tracker that speaks as Sentry's web API does."""

from crashgate.model.provider import Budget, HealthRead, PlaceLookUp, Provider
from crashgate.model.scope import ORGANIZATION
from crashgate_example_provider.issues import ISSUE_TOOLS, ISSUES
from crashgate_example_provider.organizations import GET_ORGANIZATION, ORGANIZATION_TOOLS, ORGANIZATIONS
from crashgate_example_provider.wire import Example

PROVIDER = Provider(
    name="example",
    title="Example Tracker",
    default_url="https://tracker.example.com",
    wire=Example,
    budget=Budget(requests=40),
    operations=(*ORGANIZATIONS, *ISSUES),
    tools=(*ISSUE_TOOLS, *ORGANIZATION_TOOLS),
    lookups={ORGANIZATION: PlaceLookUp(operation=GET_ORGANIZATION, parameter="organization_id")},
    health=HealthRead(
        tool="list_organizations", arguments={}, grant='organizations = ["*"]\naccess.organization = "read"'
    ),
)
