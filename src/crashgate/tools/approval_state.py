"""What a client carries between being asked for an approval and answering. Rule: sealed, and good for one request only.

In the modern era of the protocol the server keeps no state between the two (MCP 2026-07-28, multi round trips): the
client sends back what it was given. It is bound to the principal, to the request with its random id and digest, and to
the request's expiry (THREATS rows 3 and 22). A request is answered once, so a state that is sent again opens nothing.
"""

import base64
import json
import secrets
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crashgate.clock import Clock
from crashgate.gate.approval_requests import ApprovalRequest
from crashgate.identity import Principal

LONGEST_STATE = 200
_NONCE_BYTES = 12
_EXPIRY = struct.Struct(">q")


class ApprovalStates:
    """Makes and checks states with a key of this process; a restart ends them all."""

    def __init__(self, clock: Clock, *, key: bytes | None = None) -> None:
        self._clock = clock
        self._cipher = AESGCM(key or AESGCM.generate_key(bit_length=128))

    def seal(self, request: ApprovalRequest, principal: Principal) -> str:
        """The state to send along with the question about ``request``."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        expiry = _EXPIRY.pack(round(request.expires.timestamp() * 1000))
        sealed = nonce + self._cipher.encrypt(nonce, expiry, _context(request, principal))
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def fits(self, state: str, request: ApprovalRequest, principal: Principal) -> bool:
        """Whether ``state`` was sealed for this very request and this principal, and has not expired."""
        try:
            sealed = base64.urlsafe_b64decode(state[:LONGEST_STATE].encode("ascii") + b"==")
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _context(request, principal))
            (expiry,) = _EXPIRY.unpack(plain)
        except (ValueError, InvalidTag, struct.error):
            return False
        # check[always]: a state of an approval expires
        return bool(expiry > self._clock.now().timestamp() * 1000)


def _context(request: ApprovalRequest, principal: Principal) -> bytes:
    bound = [
        # check: a state of an approval is of its principal
        principal.agent,
        principal.subject,
        principal.via,
        # check: a state of an approval is of its request
        request.id,
        request.digest,
        request.policy_hash,
    ]
    return json.dumps(bound, separators=(",", ":")).encode()
