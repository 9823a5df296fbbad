// The Inspector's command line: the whole result, as it prints it. One process a request.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const script = join(process.cwd(), "node_modules", ".bin", "inspector");
const job = JSON.parse(readFileSync(0, "utf8"));

const headers = Object.entries(job.headers).map(([name, value]) => `${name}: ${value}`);
const address = job.url ? ["--transport", "http", "--server-url", job.url, "--header", ...headers] : [];
const command = job.command ? ["--", ...job.command] : [];
const failed = 6; // with --strict: a schema that some clients cannot read

function ask(...words) {
  const shared = [...address, "--protocol-era", job.era, "--format", "json"];
  const ran = spawnSync(process.execPath, [script, "--cli", ...shared, ...words, ...command], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (ran.status === failed || !ran.stdout) throw new Error(ran.stderr || `the Inspector ended with ${ran.status}`);
  return JSON.parse(ran.stdout).result;
}

const { tools } = ask("--method", "tools/list", "--strict");
const given = {};
for (const call of job.calls) {
  const named = ["--tool-name", call.tool, "--tool-args-json", JSON.stringify(call.arguments)];
  const answer = ask("--method", "tools/call", ...named, "--quiet");
  given[call.label] = { content: answer.content, structured: answer.structuredContent };
}
console.log(
  JSON.stringify({
    tools: Object.fromEntries(tools.map((each) => [each.name, Object.keys(each.inputSchema.properties ?? {}).sort()])),
    given,
  }),
);
