"""All providers that come with crashgate, and what they offer together."""

from crashgate.model.own import OWN
from crashgate.policy.redaction import result_fields
from crashgate.tools.own import load_catalogue

CATALOGUE = load_catalogue()
PROVIDERS = CATALOGUE.providers
BY_ID = CATALOGUE.operations
OPERATIONS = tuple(BY_ID.values())
RESOURCES = CATALOGUE.resources
KINDS = CATALOGUE.kinds
TOOLS = CATALOGUE.tools
BY_NAME = CATALOGUE.tools_by_name
UPSTREAMS = tuple(name for name in PROVIDERS if name != OWN)
"""The names of the providers, without what crashgate answers itself."""
RESULT_FIELDS = result_fields(CATALOGUE)
TITLES = {name: each.title for name, each in PROVIDERS.items()}
