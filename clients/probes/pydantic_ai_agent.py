"""pydantic-ai: an agent with the server as its toolset, and a function in place of the model."""

from typing import Any

from fastmcp.client import Client
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport
from job import Job, Report, parameters, run
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    RetryPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel


async def probe(job: Job) -> Report:
    """Run the agent; the function asks for the calls and keeps what it is given."""
    given: dict[str, Any] = {}
    tools: dict[str, list[str]] = {}

    def ask(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        tools.update({each.name: parameters(each.parameters_json_schema) for each in info.function_tools})
        for part in messages[-1].parts:
            if isinstance(part, ToolReturnPart):
                given[part.tool_call_id] = part.model_response_object()
            elif isinstance(part, RetryPromptPart):
                given[part.tool_call_id] = part.model_response()
        if len(given) == len(job.calls):
            return ModelResponse(parts=[TextPart("done")])
        call = job.calls[len(given)]
        return ModelResponse(parts=[ToolCallPart(call.tool, call.arguments, tool_call_id=call.label)])

    transport = (
        StdioTransport(job.command[0], job.command[1:])
        if job.command
        else StreamableHttpTransport(job.url or "", headers=job.headers)
    )
    client: Client[Any] = Client(transport)
    agent = Agent(FunctionModel(ask), toolsets=[MCPToolset(client, max_retries=len(job.calls))])
    await agent.run("Go.")
    return Report(tools=tools, given=given)


run(probe)
