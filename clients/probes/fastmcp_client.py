"""FastMCP's client: its whole result, since what becomes of it is up to the program that uses it."""

from typing import Any

from fastmcp import Client
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport
from job import Job, Report, parameters, run


async def probe(job: Job) -> Report:
    """List the tools, and call them; the client checks each answer against the tool's output schema."""
    transport = (
        StdioTransport(job.command[0], job.command[1:])
        if job.command
        else StreamableHttpTransport(job.url or "", headers=job.headers)
    )
    client: Client[Any] = Client(transport, mode="2026-07-28" if job.era == "modern" else "legacy")
    given = {}
    async with client:
        tools = {each.name: parameters(each.input_schema) for each in await client.list_tools()}
        for call in job.calls:
            answer = await client.call_tool(call.tool, call.arguments, raise_on_error=False)
            given[call.label] = {
                "content": [each.model_dump(mode="json") for each in answer.content],
                "structured": answer.structured_content,
            }
    return Report(tools=tools, given=given)


run(probe)
