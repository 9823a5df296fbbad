"""crashgate: crash and session tools for AI agents, with a policy gate in front of them."""

__version__ = "0.1.0"
