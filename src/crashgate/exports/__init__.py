"""Pages of typed rows become a file. Nothing here knows of providers, policies or MCP."""
