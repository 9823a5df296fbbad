"""Where the bundle for Claude Desktop starts: its pyproject.toml names the package."""

from crashgate.cli.main import main

main()
