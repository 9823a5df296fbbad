"""Every operation, in one fixed order. Rule: whatever is not in here does not exist."""

from crashgate.model.catalogue import Catalogue
from crashgate.model.own import EXPORTS, GET_ACCESS, OWN
from crashgate.model.provider import Provider
from crashgate.providers import browserstack, bugsnag, bugsnag_sessions, bugspulse, devrev

CATALOGUE = Catalogue.of(
    (
        Provider(name=OWN, title=OWN, operations=(GET_ACCESS, *EXPORTS), rank=0),
        bugsnag.PROVIDER,
        bugsnag_sessions.PROVIDER,
        browserstack.PROVIDER,
        bugspulse.PROVIDER,
        devrev.PROVIDER,
    )
)
OPERATIONS = tuple(CATALOGUE.operations.values())
BY_ID = CATALOGUE.operations
RESOURCES = CATALOGUE.resources
KINDS = CATALOGUE.kinds
