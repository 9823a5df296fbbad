"""The host's side of MCP Apps in headless Chromium: it frames the page, answers it, and tells what it showed."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest

_HOST = """<!DOCTYPE html>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; \
style-src 'unsafe-inline'; img-src data:; connect-src 'none'">
<iframe id="view" sandbox="allow-scripts allow-same-origin" width="640" height="900"></iframe>
<pre id="told"></pre>
<script>
const page = PAGE, results = RESULTS, context = CONTEXT, attack = ATTACK;
const view = document.getElementById("view"), heard = [], blocked = [];
window.pwned = false;
function say(message) { view.contentWindow.postMessage({ jsonrpc: "2.0", ...message }, "*"); }
function tell() {
  const inside = view.contentDocument;
  const told = {
    html: inside.getElementById("shown").outerHTML,
    text: inside.body.innerText,
    colours: [getComputedStyle(inside.body).backgroundColor, getComputedStyle(inside.body).color],
    pwned: window.pwned, heard, blocked,
  };
  document.getElementById("told").textContent = JSON.stringify(told);
}
window.addEventListener("message", (event) => {
  const message = event.data;
  heard.push(message);
  if (message.method === "ui/initialize") {
    say({ id: message.id, result: { protocolVersion: "2026-01-26", hostInfo: { name: "test", version: "1" },
      hostCapabilities: {}, hostContext: context } });
  }
  if (message.method === "ui/notifications/initialized") {
    view.contentDocument.addEventListener("securitypolicyviolation", (each) => blocked.push(each.effectiveDirective));
    say({ method: "ui/notifications/tool-input", params: { arguments: {} } });
    for (const each of results) say({ method: "ui/notifications/tool-result", params: each });
    say({ id: 1, method: "ping" });
    say({ id: 2, method: "tools/list" });
    say({ id: 3, method: "ui/resource-teardown", params: {} });
    if (attack) {
      const inside = view.contentDocument;
      inside.body.appendChild(inside.createElement("script")).textContent = "parent.pwned = true";
      inside.body.appendChild(inside.createElement("img")).src = "https://example.com/x.png";
      inside.body.appendChild(inside.createElement("div")).innerHTML = "<b onclick='parent.pwned = true'>x</b>";
      inside.body.lastChild.firstChild.click();
    }
    setTimeout(tell, 300);
  }
});
view.srcdoc = page;
</script>
"""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the page showed: its markup and its text, its colours, what it said, and what its policy blocked."""

    html: str
    text: str
    colours: Sequence[str]
    heard: Sequence[Mapping[str, Any]]
    blocked: Sequence[str]
    pwned: bool

    def said(self, method: str) -> list[Mapping[str, Any]]:
        """Its messages of that method."""
        return [each for each in self.heard if each.get("method") == method]


def chromium() -> str:
    """The browser. Skips the test where there is none."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    return found


def host_page(page: str, results: Sequence[Mapping[str, Any]], *, theme: str = "light", attack: bool = False) -> str:
    """A host that shows the page and gives it these results."""
    values: Mapping[str, object] = {
        "PAGE": page,
        "RESULTS": results,
        "CONTEXT": {"theme": theme, "displayMode": "inline"},
        "ATTACK": attack,
    }
    return re.sub(
        r"\b(PAGE|RESULTS|CONTEXT|ATTACK)\b",
        lambda found: json.dumps(values[found[0]]).replace("<", "\\u003c"),
        _HOST,
    )


def show(folder: Path, page: str, *results: Mapping[str, Any], theme: str = "light", attack: bool = False) -> Seen:
    """What a browser shows of the results."""
    document = folder / "host.html"
    document.write_text(host_page(page, results, theme=theme, attack=attack), encoding="utf-8")
    command = (
        chromium(),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        f"--user-data-dir={folder / 'profile'}",
        "--virtual-time-budget=5000",
        "--dump-dom",
        document.as_uri(),
    )
    done = subprocess.run(command, capture_output=True, check=True, timeout=100, text=True)
    told = re.search(r'<pre id="told">(.*?)</pre>', done.stdout, re.DOTALL)
    assert told is not None, done.stdout[-2_000:]
    return Seen(**json.loads(unescape(told[1])))
