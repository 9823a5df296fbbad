"""The whole page. Rule: its order is the order in which somebody needs it: commands, settings, policy, tools."""

from crashgate.model.catalogue import Catalogue
from crashgate.reference import commands, operations, policy_words, settings_words, tools
from crashgate.reference.commands import CommandLine
from crashgate.reference.markdown import paragraphs
from crashgate.reference.settings_words import TableDoc

_HEAD = """# Reference

<!-- Written by `crashgate reference --write` from the code. Change the code, not this page. -->"""


def page(line: CommandLine, settings: tuple[TableDoc, ...], catalogue: Catalogue) -> str:
    """``docs/reference.md``, with a newline at its end."""
    parts = (
        commands.section(line),
        settings_words.section(settings, catalogue),
        policy_words.section(catalogue),
        tools.section(catalogue),
        operations.section(catalogue),
    )
    return paragraphs(_HEAD, *parts) + "\n"
