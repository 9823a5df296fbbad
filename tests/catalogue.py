"""All providers that come with crashgate, and what they offer together."""

from crashgate.providers.registry import BY_ID, CATALOGUE, KINDS, OPERATIONS, RESOURCES
from crashgate.tools.registry import BY_NAME, TOOLS

PROVIDERS = CATALOGUE.providers
UPSTREAMS = tuple(name for name in PROVIDERS if name != "crashgate")
"""The names of the providers, without what crashgate answers itself."""

__all__ = ["BY_ID", "BY_NAME", "CATALOGUE", "KINDS", "OPERATIONS", "PROVIDERS", "RESOURCES", "TOOLS", "UPSTREAMS"]
