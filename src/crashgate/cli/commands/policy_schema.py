"""``crashgate policy schema``. Rule: what is printed is what docs/policy.schema.json holds."""

import click

from crashgate.cli import session
from crashgate.cli.shared import Command


@click.command("schema", cls=Command)
def policy_schema() -> None:
    """Print the JSON Schema of policy documents, for editors.

    Name it in the first line of a document: #:schema ./policy.schema.json
    """
    import json

    from crashgate.policy.schema import document_schema

    session.screen().raw(json.dumps(document_schema(), indent=2))
