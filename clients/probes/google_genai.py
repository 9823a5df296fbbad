"""google-genai: an MCP session among the tools of ``generate_content``. A local server stands in for Gemini.

What Gemini is given is read off the requests that reach that server.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
from google import genai
from job import Call, Job, Report, parameters, run
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client


class Gemini(ThreadingHTTPServer):
    """Answers with one function call after the other, and keeps the requests."""

    def __init__(self, calls: list[Call]) -> None:
        super().__init__(("127.0.0.1", 0), Turn)
        self.calls = calls
        self.requests: list[dict[str, Any]] = []


class Turn(BaseHTTPRequestHandler):
    """One request to the model."""

    server: Gemini

    def do_POST(self) -> None:
        """Keep the request, and ask for the next call."""
        kept = self.server.requests
        kept.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        calls = self.server.calls
        part: dict[str, Any] = {"text": "done"}
        if len(kept) <= len(calls):
            call = calls[len(kept) - 1]
            part = {"functionCall": {"name": call.tool, "args": call.arguments}}
        body = json.dumps({"candidates": [{"content": {"role": "model", "parts": [part]}}]}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


async def probe(job: Job) -> Report:
    """Ask the stand-in, with the session as its tools."""
    gemini = Gemini(job.calls)
    threading.Thread(target=gemini.serve_forever, daemon=True).start()
    if job.command:
        transport = stdio_client(StdioServerParameters(command=job.command[0], args=job.command[1:]))
    else:
        transport = streamable_http_client(job.url, http_client=httpx2.AsyncClient(headers=job.headers, timeout=60))
    async with transport as streams, ClientSession(streams[0], streams[1]) as session:
        await session.initialize()
        client = genai.Client(
            api_key="none", http_options={"base_url": f"http://127.0.0.1:{gemini.server_port}", "api_version": "v1"}
        )
        await client.aio.models.generate_content(
            model="gemini-none",
            contents="Go.",
            # A dictionary: a GenerateContentConfig is copied in depth, which a session does not survive.
            config={
                "tools": [session],
                "automatic_function_calling": {"maximum_remote_calls": len(job.calls) + 1},
            },
        )
    declared = [each for tool in gemini.requests[0]["tools"] for each in tool["functionDeclarations"]]
    answers = [request["contents"][-1]["parts"][0]["functionResponse"]["response"] for request in gemini.requests[1:]]
    return Report(
        tools={each["name"]: parameters(each.get("parameters")) for each in declared},
        given={call.label: answer for call, answer in zip(job.calls, answers, strict=True)},
    )


run(probe)
