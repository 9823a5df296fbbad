"""Nothing outside the providers and the sandbox names a vendor."""

import re
from pathlib import Path

VENDORS = re.compile(r"bugsnag|bugspulse|browserstack|devrev|langfuse|smartbear", re.IGNORECASE)

EXCEPTIONS = {
    "audit/sentence.py": "the example of a sentence in a docstring, which is that of the README",
    "cli/exports.py": "the example in the help of the command, which is that of docs/exports.md",
    "cli/policy_questions.py": "the example of an operation in the help of the command",
    "cli/policy_cases.py": "the example of a line in a docstring",
    "gate/approvals.py": "the example of a sentence in a docstring",
    "policy/document.py": "the example of a connection in messages, which is that of the shipped policies",
    "policy/review/cedar.py": "the example in the comment at the top of the exported policy",
    "policy/switches.py": "examples of operations in messages, which are those of docs/policy.md",
}
"""The files that may, each with why."""


def test_nothing_outside_the_providers_and_the_sandbox_names_a_vendor(root: Path) -> None:
    product = root / "src" / "crashgate"
    naming = {
        str(path.relative_to(product))
        for path in product.rglob("*.py")
        if "providers" not in path.relative_to(product).parts and VENDORS.search(path.read_text(encoding="utf-8"))
    }

    assert naming == set(EXCEPTIONS)


def test_what_finds_the_providers_names_no_vendor(root: Path) -> None:
    installed = root / "src" / "crashgate" / "providers" / "installed.py"

    assert VENDORS.findall(installed.read_text(encoding="utf-8")) == []
