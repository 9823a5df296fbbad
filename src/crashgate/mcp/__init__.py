"""The MCP server. Rule: it carries messages in and out; what may be done is decided behind the toolbox."""
