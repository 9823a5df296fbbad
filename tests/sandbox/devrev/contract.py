"""The reconstructed OpenAPI document, and answers against it."""

from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator


class Contract:
    """What the document says an answer looks like."""

    def __init__(self, contracts: Path) -> None:
        text = (contracts / "devrev" / "devrev_observability.yml").read_text(encoding="utf-8")
        self.document: Any = yaml.safe_load(text)

    def answer_schema(self, method: str, path: str, status: int) -> str | None:
        """The name of the schema of an answer, if the document has that status."""
        responses = self.document["paths"][path][method.lower()]["responses"]
        found = responses.get(str(status))
        if found is None:
            return None
        reference: str = found["content"]["application/json"]["schema"]["$ref"]
        return reference.rpartition("/")[2]

    def wrong(self, schema: str, body: Any) -> list[str]:  # noqa: ANN401 - JSON
        """What does not fit the schema of that name."""
        root = {"$ref": f"#/components/schemas/{schema}", "components": self.document["components"]}
        return [error.message for error in Draft202012Validator(root).iter_errors(body)]  # pyright: ignore[reportUnknownMemberType] - jsonschema's own types are partial
