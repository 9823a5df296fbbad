"""What can be asked of each upstream, as data. Rule: values only; no HTTP, no MCP, no database."""
