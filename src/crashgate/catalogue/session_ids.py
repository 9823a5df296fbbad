"""The id of a session, as a parameter. Rule: the log shows it only where it looks like an id.

An app's SDK makes session ids, so anybody with the app's public key can choose one: it may be a sentence.
"""

from typing import Annotated

from pydantic import StringConstraints

from crashgate.catalogue.params import Logged
from crashgate.catalogue.reads import ReadsNothing

SESSION_ID_PATTERN = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"
"""Any text of one line; the length is checked beside it."""

_PLAIN = r"[A-Za-z0-9_.:-]{1,128}"

SessionId = Annotated[
    str, StringConstraints(pattern=SESSION_ID_PATTERN, min_length=1, max_length=200), Logged(only=_PLAIN)
]
"""1 to 200 characters without a control character."""

WHICH = ReadsNothing("it names what is asked for, by an id that an answer gave")
"""The mark of an id of one object that does not stand in the address."""
