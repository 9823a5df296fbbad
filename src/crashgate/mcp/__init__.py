"""The MCP face. Rule: it carries words in and out; what may be done is decided behind the toolbox."""
