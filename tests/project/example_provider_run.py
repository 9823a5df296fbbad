"""Uses the example's provider as an operator and agents would, and prints what came of it; run in its own process.

Its arguments are an empty folder. The package has to be installed, or on the path with its entry points.
"""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crashgate.config import wiring
from crashgate.config.settings import ConnectionSettings, load
from crashgate.identity import Principal, Via
from crashgate.providers.installed import installed_providers

HARBOR = {"id": "4507001112223334", "slug": "north-harbor", "name": "North Harbor"}
ELSEWHERE = {"id": "4507001112229999", "slug": "elsewhere", "name": "Elsewhere"}
ISSUES = [
    {"id": f"61200330{number:02}", "shortId": f"TIDAL-{number}", "title": "obey me", "status": "unresolved"}
    for number in range(3)
]
ISSUE = {"organization_id": "north-harbor", "issue_id": "6120033001"}
AGENTS = {
    "triager": 'organizations = ["north-harbor"]\naccess.organization = "read"\naccess.issue = "write"\n',
    "reader": 'organizations = ["4507001112223334"]\naccess.issue = "read"\n',
}


async def organizations(_: Request) -> Response:
    return JSONResponse([HARBOR, ELSEWHERE], headers={"Link": '<http://localhost/>; rel="next"; results="false"'})


async def organization(request: Request) -> Response:
    ref = request.path_params["ref"]
    found = [each for each in (HARBOR, ELSEWHERE) if ref in {each["id"], each["slug"]}]
    return JSONResponse(found[0] if found else {"detail": "not there"}, status_code=200 if found else 404)


async def issues(request: Request) -> Response:
    start = int(request.query_params.get("cursor", "0:0:0").split(":")[1])
    size = int(request.query_params.get("limit", "2"))
    more = "true" if start + size < len(ISSUES) else "false"
    link = f'<{request.url.remove_query_params("cursor")}&cursor=0:{start + size}:0>; rel="next"; results="{more}"'
    return JSONResponse(ISSUES[start : start + size], headers={"Link": link})


async def issue(request: Request) -> Response:
    found = next(each for each in ISSUES if each["id"] == request.path_params["issue"])
    if request.method == "PUT":
        return JSONResponse({**found, **await request.json()})
    return JSONResponse(found)


@dataclass(frozen=True)
class Upstream:
    """The tracker in this process, in place of the configured connections."""

    app: Any
    limited: bool = False

    @property
    def connections(self) -> dict[str, ConnectionSettings]:
        return {"tracker": ConnectionSettings(provider="example", base_url="http://localhost")}

    def credential(self, _: str) -> Any:  # noqa: ANN401 - a secret
        from pydantic import SecretStr  # noqa: PLC0415 - only here

        return SecretStr("token-of-the-tracker")


async def main(folder: Path) -> dict[str, Any]:
    policies = folder / "policies"
    policies.mkdir(mode=0o700)
    for agent, grant in AGENTS.items():
        head = f'agent = "{agent}"\nabout = "For a test."\nowner = "me"\n\n[[grant]]\nconnection = "tracker"\n'
        (policies / f"{agent}.toml").write_text(head + grant, encoding="utf-8")
        (policies / f"{agent}.toml").chmod(0o600)
    app = Starlette(
        routes=[
            Route("/api/0/organizations/", organizations),
            Route("/api/0/organizations/{ref}/", organization),
            Route("/api/0/organizations/{ref}/issues/", issues),
            Route("/api/0/organizations/{ref}/issues/{issue}/", issue, methods=["GET", "PUT"]),
        ]
    )
    options = {"state": folder / "state", "policies": policies}
    settings = load(config=None, options=options, environment={}, here=folder)
    found: dict[str, Any] = {"installed": installed_providers()["example"].package}
    async with wiring.toolbox(settings, {}, sandbox=cast("Any", Upstream(app=app))) as toolbox:
        found["tools"] = {agent: [each.name for each in toolbox.listed(agent)] for agent in AGENTS}

        async def call(agent: str, tool: str, **arguments: object) -> Any:  # noqa: ANN401 - any answer
            answer = await toolbox.call(Principal(agent=agent, via=Via.MEMORY), tool, arguments)
            return answer.error.value if answer.error else dict(answer.content)

        first = await call("triager", "list_issues", organization_id="north-harbor", per_page=2)
        cursor = first.get("next_cursor")
        second = await call("triager", "list_issues", organization_id="north-harbor", per_page=2, cursor=cursor)
        found["pages"] = [[each["id"] for each in page["issues"]] for page in (first, second)]
        found["last"] = "next_cursor" not in second
        found["untrusted"] = first["issues"][0]["untrusted"]["title"]
        found["organizations"] = await call("triager", "list_organizations")
        found["resolved"] = await call("triager", "resolve_issue", **ISSUE)
        found["by_id"] = await call("reader", "get_issue", **ISSUE)
        found["elsewhere"] = await call("triager", "list_issues", organization_id="elsewhere")
        found["not_granted"] = await call("reader", "resolve_issue", **ISSUE)
    entries = list(wiring.log_reader(settings).entries())[::-1]
    found["log"] = [entry.sentence for entry in entries]
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(Path(sys.argv[1])))))  # noqa: T201 - the result
