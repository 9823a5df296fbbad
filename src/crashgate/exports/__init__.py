"""Pages of typed rows become a file. Rule: knows columns, rows and pages; nothing of providers, rights or MCP."""
