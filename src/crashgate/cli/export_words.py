"""What a tool tells an agent of an export, for the person at the command line. Rule: it names what a person can do."""

import re

_GO_ON = re.compile(r"call export_[a-z_]+ with resume = ([0-9a-f]+) to go on\.")
_NOTHING_TO_RESUME = re.compile(r"resume names no interrupted export of yours by this tool\. .*", re.DOTALL)


def in_words_of_the_command(text: str) -> str:
    """The text with ``--resume`` in place of the tool's argument; any other text as it is."""
    text = _GO_ON.sub(r"repeat the command with --resume \1 to go on.", text)
    return _NOTHING_TO_RESUME.sub(
        "--resume names no interrupted export of this agent by this command. The run that was interrupted told its id."
        " Nothing was sent.",
        text,
    )
