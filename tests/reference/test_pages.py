import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from crashgate.cli.command import ExitCode
from crashgate.model.access import Level
from crashgate.model.composite import CompositeTool
from crashgate.model.field_table import read_fields, walk_fields
from crashgate.reference import log
from crashgate.reference.commands import CommandDoc, CommandLine, KeyDoc, TableDoc
from crashgate.reference.examples import show_json
from crashgate.reference.fields import added_fields, meaning, models_of
from crashgate.reference.markdown import cell, code, table
from crashgate.reference.pages import pages
from crashgate.reference.tools import ExampleAnswer, groups
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
        keys=(
            KeyDoc(
                name="loud", about="How loud.", takes="a number", default="`3`", variable="CRASHGATE_GREETING__LOUD"
            ),
        ),
    ),
)
ANSWER = ExampleAnswer(provider="bugspulse", arguments={"a": 1}, text="One.", content={"rows": [1, {"b": []}]})
PAGES = pages(LINE, SETTINGS, CATALOGUE, {"list_sessions": [ANSWER]})
PAGE = "\n".join(PAGES.values())


def chapter(tool: str) -> str:
    """What the reference says of a tool."""
    return PAGE.partition(f"\n## {tool}\n")[2].partition("\n## ")[0]


def test_every_operation_tool_resource_and_level_is_on_the_page() -> None:
    words = [operation.id for operation in OPERATIONS] + [tool.name for tool in TOOLS]
    words += [operation.resource for operation in OPERATIONS] + list(Level)
    assert [word for word in words if f"`{word}`" not in PAGE] == []


def test_every_parameter_of_a_tool_is_in_its_chapter() -> None:
    for tool in TOOLS:
        parameters = chapter(tool.name).partition("The answer has")[0]
        shown = set(re.findall(r"^\| `(\w+)` \|", parameters, flags=re.MULTILINE))
        if isinstance(tool, CompositeTool):
            assert shown == {*tool.params.model_fields, *(["cursor"] if tool.pages else [])}, tool.name
            continue
        hidden = {*tool.hidden, *(["error_id"] if getattr(tool, "additions", ()) else [])}  # error_ids takes one, too
        taken = {name for each in tool.operations for name in each.params.model_fields} - hidden
        taken |= {name for each in getattr(tool, "additions", ()) for name in each.params.model_fields}
        if tool.name in CATALOGUE.across:
            taken |= set(CATALOGUE.across[tool.name].params.model_fields)
        assert taken <= shown, tool.name
        assert shown - taken <= {"cursor", "detail", "operation", "show", "format", "resume"}, tool.name


def test_every_operation_links_to_its_source() -> None:
    asked = [operation for operation in OPERATIONS if operation.method]
    assert asked
    assert [operation.id for operation in asked if f"({operation.source})" not in PAGE] == []


def test_what_cannot_be_undone_and_what_only_reads_is_said_to() -> None:
    assert "Cannot be undone, or loses data. Operations: `bugsnag.errors.delete`." in chapter("delete_error")
    assert "Replaces what is there. Some arguments need a higher level." in chapter("update_project")
    assert "Adds something new. Operations: `bugsnag.comments.create`." in chapter("create_comment")
    assert "Reads only. Operations: `bugsnag.releases.list`." in chapter("list_releases")
    assert "Adds something new. Operations: `bugspulse.crashes.export`." in chapter("export_crashes")
    assert "Asks no provider." in chapter("my_access")


def test_every_parameter_of_a_tool_has_its_meaning_on_the_page() -> None:
    tables = [chapter(tool.name).partition("The answer has")[0] for tool in TOOLS]
    rows = [line.split(" | ") for text in tables for line in text.splitlines() if re.match(r"\| `\w+` \|", line)]

    assert len(rows) > 200
    assert [row[0] for row in rows if len(row[-1].strip(" |")) < 4] == []


def test_every_field_of_an_answer_has_its_meaning() -> None:
    models = dict.fromkeys(model for tool in TOOLS for model in models_of(tool))
    added = [
        f"{tool.name}.{name}" for tool in TOOLS for name, about in added_fields(tool, CATALOGUE).items() if not about
    ]
    own = [
        f"{model.__name__}.{'.'.join(path)}"
        for model in models
        for path, each in walk_fields(read_fields(model))
        if not meaning(CATALOGUE, model, ".".join(path).rstrip("_"), each)
    ]

    assert (added, own) == ([], []), "give the field an About, or write it into its provider's field_meanings"


def test_every_field_of_a_record_and_every_reason_has_its_meaning() -> None:
    rows = [line for line in PAGES["log.md"].splitlines() if line.startswith("| `")]

    assert {each.name for kind in log.RECORDS for each in fields(kind)} == set(log.FIELDS)
    assert [row for row in rows if row.split(" | ")[1].strip(" |") == ""] == []
    assert {row.split("`")[1] for row in rows} >= set(log.REASONS)


def test_every_resource_and_tool_is_in_one_group() -> None:
    found = groups(CATALOGUE)
    resources = [each for group in found for each in group.resources]

    assert sorted(resources) == sorted({resource for each in CATALOGUE.resources.values() for resource in each})
    assert sorted(tool.name for group in found for tool in group.tools) == sorted(tool.name for tool in TOOLS)
    assert {"errors", "events", "releases", "sessions", "crashgate"} <= {group.name for group in found}


def test_an_example_shows_the_call_and_the_answer() -> None:
    assert (
        'An example at BugsPulse:\n\n```text\nlist_sessions {"a": 1}\n```\n\n> One.\n\n'
        '```json\n{"rows": [1, {"b": []}]}\n```'
    ) in chapter("list_sessions")


def test_an_answer_is_cut_and_laid_out() -> None:
    rows = [{"id": "a" * 50, "text": "b" * 200}, {"id": 2}, {"id": 3}]

    assert show_json({"rows": rows, "few": [1, 2, 3]}) == (
        '{\n  "rows": [\n    {\n      "id": "' + "a" * 50 + '",\n      "text": "' + "b" * 160 + '…"\n    },\n'
        '    {"id": 2},\n    "… 1 more"\n  ],\n  "few": [1, 2, 3]\n}'
    )


NOTATION = re.compile(r"\bNone\b|tuple\[|\bLiteral\[|\bstr\b|\bbool\b|\bdict\b|\bTrue\b|\bFalse\b|frozenset|Mapping")


@pytest.mark.parametrize("name", PAGES)
def test_no_page_has_python_in_it(name: str) -> None:
    assert NOTATION.findall(PAGES[name]) == []


def test_each_link_between_the_pages_has_an_end(root: Path) -> None:
    headings = {
        name: {re.sub(r"[^a-z0-9_ -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in text.splitlines()}
        for name, text in PAGES.items()
    }
    for name, text in PAGES.items():
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            file, _, heading = target.partition("#")
            if file.startswith(("https://", "../")):
                assert file.startswith("https://") or (root / "docs" / "reference" / file).is_file()
            else:
                assert not heading or heading in headings[file or name], (name, target)


def test_the_pages_of_the_checkout_have_an_example_of_every_tool(root: Path) -> None:
    written = "\n".join(file.read_text("utf-8") for file in (root / "docs" / "reference").glob("*.md"))
    examples = re.findall(r"^```text\n(\w+) (\{.*\})\n```$", written, re.MULTILINE)

    assert {name for name, _ in examples} == {tool.name for tool in TOOLS}
    assert [name for name, arguments in examples if not isinstance(json.loads(arguments), dict)] == []


def test_a_command_stands_there_with_its_options_and_the_exit_codes() -> None:
    assert (
        "## `crashgate greet`\n\n`crashgate greet [OPTIONS] NAME`\n\nGreet somebody.\n\nExits with 0.\n\n"
        "| argument | meaning |\n| --- | --- |\n| `NAME` | Whom. |\n\n"
        "| option | meaning |\n| --- | --- |\n| `--loud / --soft` | How. |\n\n## Exit codes\n"
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


def test_every_exit_code_of_the_command_line_is_a_number_once() -> None:
    assert len({code.value for code in ExitCode}) == len(ExitCode)
