import re
import subprocess
import sys

from crashgate.cli.command import ExitCode
from crashgate.model.access import Level
from crashgate.model.composite import CompositeTool
from crashgate.reference.commands import CommandDoc, CommandLine, KeyDoc, TableDoc
from crashgate.reference.markdown import cell, code, table
from crashgate.reference.page import page
from tests.catalogue import CATALOGUE, OPERATIONS, TOOLS

LINE = CommandLine(
    commands=(
        CommandDoc(
            name="crashgate greet",
            usage="crashgate greet [OPTIONS] NAME",
            help=("Greet somebody.", "Exits with 0."),
            arguments=(("NAME", "Whom."),),
            options=(("--loud / --soft", "How."),),
        ),
    ),
    shared=(("--json", "Print JSON."),),
    exit_codes=((0, "Done."), (1, "Not done.")),
)
SETTINGS = (
    TableDoc(
        header="[greeting]",
        help=("How to greet.",),
        keys=(KeyDoc(name="loud", takes="a number", default="`3`", variable="CRASHGATE_GREETING__LOUD"),),
    ),
)
PAGE = page(LINE, SETTINGS, CATALOGUE)


def test_every_operation_tool_resource_and_level_is_on_the_page() -> None:
    words = [operation.id for operation in OPERATIONS] + [tool.name for tool in TOOLS]
    words += [operation.resource for operation in OPERATIONS] + list(Level)
    assert [word for word in words if f"`{word}`" not in PAGE] == []


def test_every_parameter_of_a_tool_is_in_its_chapter() -> None:
    for tool in TOOLS:
        chapter = PAGE.partition(f"### `{tool.name}`\n")[2].partition("\n### ")[0]
        shown = set(re.findall(r"^\| `(\w+)` \|", chapter, flags=re.MULTILINE))
        if isinstance(tool, CompositeTool):
            assert shown == set(tool.params.model_fields), tool.name
            continue
        taken = {name for operation in tool.operations for name in operation.params.model_fields} - tool.hidden
        assert taken <= shown, tool.name
        assert shown - taken <= {"cursor", "detail", "operation", "format", "resume"}, tool.name


def test_every_operation_links_to_its_source() -> None:
    asked = [operation for operation in OPERATIONS if operation.method]
    assert asked
    assert [operation.id for operation in asked if f"({operation.source})" not in PAGE] == []


def test_what_deletes_is_said_to_delete_and_what_reads_to_read() -> None:
    def chapter(tool: str) -> str:
        return PAGE.partition(f"### `{tool}`\n")[2].partition("\n### ")[0]

    assert "Deletes. Operations: `bugsnag.errors.delete`." in chapter("delete_error")
    assert "Replaces what is there. Operations: `bugsnag.errors.fix`." in chapter("resolve_error")
    assert "Adds something new. Operations: `bugsnag.comments.create`." in chapter("create_comment")
    assert "Reads only. Operations: `bugsnag.errors.list`." in chapter("list_errors")
    assert "Adds something new. Operations: `bugspulse.crashes.export`." in chapter("export_crashes")


def test_every_parameter_of_a_tool_has_its_meaning_on_the_page() -> None:
    tools = PAGE.partition("\n## Tools\n")[2].partition("\n## ")[0]
    rows = [line.split(" | ") for line in tools.splitlines() if re.match(r"\| `\w+` \|", line)]

    assert len(rows) > 200
    assert [row[0] for row in rows if len(row[-1].strip(" |")) < 4] == []


def test_a_command_stands_there_with_its_options_and_the_exit_codes() -> None:
    assert (
        "### `crashgate greet`\n\n`crashgate greet [OPTIONS] NAME`\n\nGreet somebody.\n\nExits with 0.\n\n"
        "| argument | meaning |\n| --- | --- |\n| `NAME` | Whom. |\n\n"
        "| option | meaning |\n| --- | --- |\n| `--loud / --soft` | How. |\n\n### Exit codes\n"
    ) in PAGE
    assert "| code | meaning |\n| --- | --- |\n| 0 | Done. |\n| 1 | Not done. |\n" in PAGE


def test_every_row_of_a_table_has_the_cells_of_its_head() -> None:
    widths: list[int] = []
    tables = 0
    for text in PAGE.splitlines():
        if not text.startswith("|"):
            widths = []
            continue
        widths.append(len(re.findall(r"(?<!\\)\|", text)))
        tables += len(widths) == 1
        assert widths[-1] == widths[0], text
    assert tables > len(TOOLS)


def test_a_cell_cannot_be_broken_out_of() -> None:
    assert table(("a", "b"), [("x|y", "one\ntwo")]) == "| a | b |\n| --- | --- |\n| x\\|y | one two |"
    assert cell("  a\n\n b  ") == "a b"
    assert code("a`b") == "`` a`b ``"


def test_the_page_is_the_same_in_every_process() -> None:
    script = "from crashgate.cli.main import cli; cli(['reference'], prog_name='crashgate')"
    pages = {
        subprocess.run(
            (sys.executable, "-c", script), capture_output=True, check=True, env={"PYTHONHASHSEED": seed}, timeout=60
        ).stdout
        for seed in ("1", "2")
    }
    assert len(pages) == 1


def test_every_exit_code_of_the_command_line_is_a_number_once() -> None:
    assert len({code.value for code in ExitCode}) == len(ExitCode)
