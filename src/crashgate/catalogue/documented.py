"""Answers cut down to what is declared. Rule: a field that the model does not name is not read.

For providers that pass on what an app's SDK sends: a field that nobody has declared has no mark of whose text it is.
"""

from pydantic import ConfigDict

from crashgate.catalogue.result import Result


class Documented(Result):
    """Base of an answer's model that leaves out what it does not declare."""

    model_config = ConfigDict(extra="ignore")
