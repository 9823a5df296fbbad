"""The embedded sandbox as connections. Rule: one a provider, named after it, so that example policies fit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from crashgate.config.settings import ConnectionSettings
from crashgate.model.provider import Provider

if TYPE_CHECKING:
    from starlette.types import ASGIApp


@dataclass(frozen=True, kw_only=True, slots=True)
class Sandbox:
    """The embedded sandbox in place of every configured connection, and the token that it takes.

    ``limited`` says that it limits requests as the vendors do.
    """

    app: "ASGIApp"
    token: str
    limited: bool = True

    @property
    def connections(self) -> Mapping[str, ConnectionSettings]:
        """One connection a provider, named after it, as the example policies name BugSnag's."""
        from crashgate_sandbox.app import SESSIONS_PREFIX  # noqa: PLC0415 - only with a sandbox, which is there then
        from crashgate_sandbox.session_providers import BROWSERSTACK_PREFIX, BUGSPULSE_PREFIX, DEVREV_PREFIX  # noqa: PLC0415 - only with a sandbox

        prefixes = {
            Provider.BUGSNAG: "",
            Provider.BUGSNAG_SESSIONS: SESSIONS_PREFIX,
            Provider.BUGSPULSE: BUGSPULSE_PREFIX,
            Provider.BROWSERSTACK: BROWSERSTACK_PREFIX,
            Provider.DEVREV: DEVREV_PREFIX,
        }
        return {
            provider.value: ConnectionSettings(
                provider=provider,
                base_url=f"http://localhost{prefix}",
                requests_per_minute=None if self.limited else 0,
            )
            for provider, prefix in prefixes.items()
        }

    def credential(self, provider: Provider) -> SecretStr:
        """What the sandbox takes; for session tracking the key of the app ``checkout-ios`` in its own world."""
        from crashgate_sandbox.browserstack.auth import PUBLIC_KEY, SECRET_KEY  # noqa: PLC0415 - only with a sandbox
        from crashgate_sandbox.bugspulse.key import BUGSPULSE_KEY  # noqa: PLC0415 - only with a sandbox
        from crashgate_sandbox.devrev.auth import DEVREV_TOKEN  # noqa: PLC0415 - only with a sandbox
        from crashgate_sandbox.world.projects import project_key  # noqa: PLC0415 - only with a sandbox
        from crashgate_sandbox.world.world import DEFAULT_SEED  # noqa: PLC0415 - only with a sandbox

        taken = {
            Provider.BUGSNAG_SESSIONS: project_key(DEFAULT_SEED, "checkout-ios", 0),
            Provider.BUGSPULSE: BUGSPULSE_KEY,
            Provider.BROWSERSTACK: f"{PUBLIC_KEY}:{SECRET_KEY}",
            Provider.DEVREV: DEVREV_TOKEN,
        }
        return SecretStr(taken.get(provider, self.token))
