"""Who is calling, and what the key opens. Rule: a key that may only write is never good enough to read.

HTTP Basic with the secret key is the whole project: the server looks the *secret* up, and a public key that does not
belong to it is only noted in its own log. ``Bearer`` with the public key writes scores. ``Bearer wk-lf-…`` is
BrowserStack's write-only key. Source: docs/upstreams/browserstack.md#keys.
"""

import hmac
from base64 import b64decode
from binascii import Error as NotBase64Error
from dataclasses import dataclass
from enum import StrEnum, unique

from crashgate_sandbox.browserstack.errors import RefusedError, refused

PUBLIC_KEY = "pk-lf-sandbox"
SECRET_KEY = "sk-lf-sandbox"  # noqa: S105 - documented, opens invented data only
WRITE_KEY = "wk-lf-sandbox"
"""Takes batches in and gives nothing out."""
ORGANIZATION_SECRET_KEY = "sk-lf-sandbox-organization"  # noqa: S105 - documented, opens nothing
"""A key of the organisation, which no route of a project takes."""

_HOST = "Confirm that you've configured the correct host."


@unique
class Access(StrEnum):
    """What a key opens."""

    PROJECT = "project"
    WRITE = "write"
    SCORES = "scores"
    ORGANIZATION = "organization"


@dataclass(frozen=True, kw_only=True, slots=True)
class Keys:
    """The keys of the one project. With ``any_key``, every well-formed one is taken for its kind's."""

    public_key: str
    secret_key: str
    any_key: bool

    def access(self, authorization: str | None) -> Access:
        """What the header opens. Raises RefusedError (401) for no, an odd or an unknown one."""
        if not authorization:
            raise refused(401, "No authorization header")
        scheme, _, value = authorization.partition(" ")
        if scheme == "Basic":
            return self._basic(value)
        if scheme == "Bearer":
            return self._bearer(value)
        raise refused(401, "Invalid authorization header")

    def _basic(self, value: str) -> Access:
        try:
            public, colon, secret = b64decode(value, validate=True).decode().partition(":")
        except (NotBase64Error, UnicodeDecodeError):
            public, colon, secret = "", "", ""
        if not (public and colon and secret):
            raise refused(401, f"Invalid authorization header. {_HOST}")
        if _same(secret, ORGANIZATION_SECRET_KEY):
            return Access.ORGANIZATION
        if self.any_key or _same(secret, self.secret_key):
            return Access.PROJECT
        raise _unknown()

    def _bearer(self, value: str) -> Access:
        if _same(value, WRITE_KEY) or (self.any_key and value.startswith("wk-lf-")):
            return Access.WRITE
        if _same(value, self.public_key) or (self.any_key and value):
            return Access.SCORES
        raise _unknown()


def _unknown() -> RefusedError:
    return refused(401, f"Invalid credentials. {_HOST}")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
