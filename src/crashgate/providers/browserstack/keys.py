"""The keys of a Langfuse project, as an operator gives them. Rule: one that cannot work is told at the start, unseen.

A pair is ``pk-lf-…:sk-lf-…`` (self-hosted servers may have other words in it), and goes as HTTP Basic. BrowserStack's
``wk-lf-…`` goes as Bearer and only takes in (docs/upstreams/browserstack.md#keys).
"""

import base64
import re

FORM = (
    'Give the public and the secret key of the project as "pk-lf-…:sk-lf-…", or a key that may only write as "wk-lf-…".'
)
_WRITE_ONLY = "wk-lf-"
_PLAIN = re.compile(r"[!-~]+").fullmatch


def find_fault(credential: str) -> str | None:
    """Why the credential cannot be used, without a character of it; None where it can."""
    if not _PLAIN(credential):
        return "It is empty, or holds a space or a character beyond ASCII."
    if writes_only(credential):
        return "A key that may only write stands alone." if ":" in credential else None
    public, colon, secret = credential.partition(":")
    if not colon:
        return "It is one key: there is no colon in it."
    if not (public and secret):
        return "One of its two keys is empty."
    if public.startswith("sk-") or secret.startswith("pk-"):
        return "Its two keys are in the wrong order: the public one comes first."
    return None


def writes_only(credential: str) -> bool:
    """Whether the key takes in and gives nothing out."""
    return credential.startswith(_WRITE_ONLY)


def authorization(credential: str) -> str:
    """The header's value."""
    if writes_only(credential):
        return f"Bearer {credential}"
    return f"Basic {base64.b64encode(credential.encode()).decode()}"
