"""All providers that come with crashgate, and what they offer together."""

from crashgate.providers.registry import BY_ID, CATALOGUE, KINDS, OPERATIONS, RESOURCES
from crashgate.providers.registry import UPSTREAMS as PROVIDERS_OF_UPSTREAMS
from crashgate.tools.registry import BY_NAME, TOOLS

PROVIDERS = CATALOGUE.providers
UPSTREAMS = tuple(PROVIDERS_OF_UPSTREAMS)
"""The names of the providers, without what crashgate answers itself."""

__all__ = ["BY_ID", "BY_NAME", "CATALOGUE", "KINDS", "OPERATIONS", "PROVIDERS", "RESOURCES", "TOOLS", "UPSTREAMS"]
