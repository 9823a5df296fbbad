"""How MCP clients are configured: their files, and the entry of this crashgate in each."""
