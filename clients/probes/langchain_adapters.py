"""langchain-mcp-adapters: the content of the tool message that a chat model is given."""

from job import Job, Report, parameters, run
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools


async def probe(job: Job) -> Report:
    """Load the tools, and invoke them as a chat model's tool calls."""
    connection = (
        {"transport": "stdio", "command": job.command[0], "args": job.command[1:]}
        if job.command
        else {"transport": "streamable_http", "url": job.url, "headers": job.headers}
    )
    client = MultiServerMCPClient({"crashgate": connection})
    given = {}
    async with client.session("crashgate") as session:
        tools = {tool.name: tool for tool in await load_mcp_tools(session)}
        for call in job.calls:
            asked = {"type": "tool_call", "id": call.label, "name": call.tool, "args": call.arguments}
            given[call.label] = (await tools[call.tool].ainvoke(asked)).content
    offered = {name: convert_to_openai_tool(tool)["function"] for name, tool in tools.items()}
    return Report(tools={name: parameters(each["parameters"]) for name, each in offered.items()}, given=given)


run(probe)
