// The TypeScript SDKs: the whole result, since what becomes of it is up to the program that uses it.
// argv: 1 or 2, the SDK's major version. The client checks each answer against the tool's output schema.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.cwd(), "package.json"));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);

const major = process.argv[2];
const job = JSON.parse(readFileSync(0, "utf8"));
const about = { name: "probe", version: "1" };

async function modules() {
  if (major === "1") {
    const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
    const { StdioClientTransport } = await load("@modelcontextprotocol/sdk/client/stdio.js");
    const { StreamableHTTPClientTransport } = await load("@modelcontextprotocol/sdk/client/streamableHttp.js");
    return { client: new Client(about), StdioClientTransport, StreamableHTTPClientTransport };
  }
  const { Client, StreamableHTTPClientTransport } = await load("@modelcontextprotocol/client");
  const { StdioClientTransport } = await load("@modelcontextprotocol/client/stdio");
  const mode = job.era === "modern" ? { pin: "2026-07-28" } : "legacy";
  const client = new Client(about, { versionNegotiation: { mode } });
  return { client, StdioClientTransport, StreamableHTTPClientTransport };
}

const { client, StdioClientTransport, StreamableHTTPClientTransport } = await modules();
const transport = job.command
  ? new StdioClientTransport({ command: job.command[0], args: job.command.slice(1), stderr: "ignore" })
  : new StreamableHTTPClientTransport(new URL(job.url), { requestInit: { headers: job.headers } });
await client.connect(transport);
const { tools } = await client.listTools();
const given = {};
for (const call of job.calls) {
  const answer = await client.callTool({ name: call.tool, arguments: call.arguments });
  given[call.label] = { content: answer.content, structured: answer.structuredContent };
}
await client.close();
console.log(
  JSON.stringify({
    tools: Object.fromEntries(tools.map((each) => [each.name, Object.keys(each.inputSchema.properties ?? {}).sort()])),
    given,
  }),
);
