"""The MCP App: what clients that render pages show of some answers. Rule: it adds nothing to an answer, loads nothing.

The page gets the structured content from the client, and draws a chart and tables of it. Clients without MCP Apps pass
over the metadata, and show the answer as they always do.
"""

import base64
import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

EXTENSION: Final = "io.modelcontextprotocol/ui"
URI: Final = "ui://crashgate/charts.html"
MIME_TYPE: Final = "text/html;profile=mcp-app"
TOOLS: Final = frozenset({"whats_new", "get_trend", "get_stability_trend", "compare_releases"})
"""The tools whose answers it shows."""

TOOL_META: Final[dict[str, Any]] = {"ui": {"resourceUri": URI}}
PAGE_META: Final[dict[str, Any]] = {
    "ui": {"csp": {"connectDomains": [], "resourceDomains": []}, "prefersBorder": True},
}
_parts = re.compile(r"<(style|script)>(.*?)</\1>", re.DOTALL)


@cache
def page() -> str:
    """The page, with the policy that allows its own script and style by their hashes and nothing else."""
    text = (Path(__file__).parent / "charts.html").read_text(encoding="utf-8")
    hashes = {name: _hash(body) for name, body in _parts.findall(text)}
    policy = (
        f"default-src 'none'; script-src '{hashes['script']}'; style-src '{hashes['style']}'; base-uri 'none';"
        " form-action 'none'"
    )
    return text.replace("{policy}", policy)


def _hash(body: str) -> str:
    return f"sha256-{base64.b64encode(sha256(body.encode()).digest()).decode()}"
