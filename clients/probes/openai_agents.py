"""openai-agents: an agent with the server, and a model of ours that asks for the calls and keeps what it is given."""

import json
from collections.abc import AsyncIterator
from typing import Any

from agents import Agent, FunctionTool, Model, ModelResponse, Runner, Tool, Usage, set_tracing_disabled
from agents.mcp import MCPServerStdio, MCPServerStreamableHttp
from job import Call, Job, Report, parameters, run
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText


class Asking(Model):
    """Asks for one call after the other."""

    def __init__(self, calls: list[Call]) -> None:
        self._calls = calls
        self.tools: list[Tool] = []
        self.given: dict[str, Any] = {}

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:  # noqa: ANN401 - the SDK's own arguments
        """Keep what came back, and ask for the next call."""
        said, self.tools = (args[1], args[3]) if args else (kwargs["input"], kwargs["tools"])
        outputs = [] if isinstance(said, str) else [each for each in said if each.get("type") == "function_call_output"]
        self.given = {each["call_id"]: each["output"] for each in outputs}
        output: Any
        if len(outputs) < len(self._calls):
            call = self._calls[len(outputs)]
            output = ResponseFunctionToolCall(
                type="function_call", call_id=call.label, name=call.tool, arguments=json.dumps(call.arguments)
            )
        else:
            text = ResponseOutputText(type="output_text", text="done", annotations=[])
            output = ResponseOutputMessage(
                id="done", type="message", role="assistant", status="completed", content=[text]
            )
        return ModelResponse(output=[output], usage=Usage(), response_id=None)

    def stream_response(self, *_: Any, **__: Any) -> AsyncIterator[Any]:  # noqa: ANN401 - not used
        """Not used."""
        raise NotImplementedError


async def probe(job: Job) -> Report:
    """Run the agent with strict schemas, which is what OpenAI advises."""
    set_tracing_disabled(disabled=True)
    if job.command:
        params = {"command": job.command[0], "args": job.command[1:]}
        server: Any = MCPServerStdio(params, client_session_timeout_seconds=60)
    else:
        params = {"url": job.url, "headers": job.headers, "timeout": 60}
        server = MCPServerStreamableHttp(params, client_session_timeout_seconds=60)
    model = Asking(job.calls)
    async with server:
        agent = Agent(name="probe", model=model, mcp_servers=[server], mcp_config={"convert_schemas_to_strict": True})
        await Runner.run(agent, "Go.", max_turns=len(job.calls) + 1)
    tools = [each for each in model.tools if isinstance(each, FunctionTool)]
    return Report(
        tools={each.name: parameters(each.params_json_schema) for each in tools},
        given=model.given,
    )


run(probe)
