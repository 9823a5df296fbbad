"""The reference: a page for commands, settings, the words of a policy and the log, and one for each group of tools.

Everything is read off the code. A tool is described by the very definition that agents get.
"""

from collections.abc import Mapping

from crashgate.model.catalogue import Catalogue
from crashgate.reference.commands import CommandLine, TableDoc, commands_section, settings_section
from crashgate.reference.log import log_section
from crashgate.reference.markdown import paragraphs, table
from crashgate.reference.policy_words import policy_section
from crashgate.reference.tools import Answers, group_page, groups, tools_table

_MARK = "<!-- Written by `crashgate reference --write` from the code. Change the code, not this page. -->"
_FIRST: Mapping[str, tuple[str, str]] = {
    "commands.md": ("Commands", "every command with its options, and the exit codes"),
    "settings.md": ("Settings", "every key of `crashgate.toml`, with its default and its environment variable"),
    "policy.md": ("Words of a policy", "levels, resources, keys and redaction sets"),
    "log.md": ("Decision log", "the records, their fields, and the reasons of decisions"),
}


def pages(
    line: CommandLine, settings: tuple[TableDoc, ...], catalogue: Catalogue, answers: Answers
) -> Mapping[str, str]:
    """The text of each page of ``docs/reference`` by the name of its file, with a newline at its end."""
    found = groups(catalogue)
    bodies = {
        "commands.md": commands_section(line),
        "settings.md": settings_section(settings, catalogue),
        "policy.md": policy_section(catalogue),
        "log.md": log_section(),
    }
    titles = {name: title for name, (title, _) in _FIRST.items()} | {f"{each.name}.md": each.title for each in found}
    bodies |= {f"{each.name}.md": group_page(each, catalogue, answers) for each in found}
    first = table(("page", "what it has"), [(f"[{title}]({name})", what) for name, (title, what) in _FIRST.items()])
    index = paragraphs(
        "What crashgate takes and answers, generated from its code. The [policies](../policy.md) page explains; these"
        " pages list.",
        first,
        "## Tools",
        "What an agent is shown, in this order. It sees a tool only when its policy allows some call of it, and of a"
        " tool with several operations only those. With several connections, a tool also takes `connection`."
        " `crashgate serve --tools GROUP` serves only the tools of some groups. The"
        " example answers are what the sandbox gave: long lists and texts are cut there, and `…` stands for what is"
        " different each time.",
        tools_table(found, catalogue),
    )
    titled = {"index.md": ("Reference", index)} | {name: (titles[name], body) for name, body in bodies.items()}
    return {name: paragraphs(f"# {title}", _MARK, body) + "\n" for name, (title, body) in titled.items()}
