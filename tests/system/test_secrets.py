"""Secrets of accounts and projects: in no answer of any tool, and nowhere in the log (THREATS row 29)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import pytest

from crashgate.model.tool import Tool
from crashgate_sandbox.browserstack.auth import PUBLIC_KEY, SECRET_KEY
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from crashgate_sandbox.bugspulse.key import BUGSPULSE_KEY
from crashgate_sandbox.devrev.auth import DEVREV_TOKEN
from tests.catalogue import BY_NAME
from tests.house import OPERATOR, House, bytes_below, open_house, policies_of_all
from tests.system.bugsnag_samples import COMPOSED
from tests.system.sample import Arguments, Here
from tests.system.samples import SAMPLES

NAMES = frozenset(
    {
        "api_key",
        "upload_api_key",
        "two_factor_enabled",
        "two_factor_enabled_on",
        "recovery_codes_remaining",
        "password_updated_on",
        "billing_emails",
        "favorite_project_ids",
    }
)
"""What must be no key of an answer, as the vendor spells it."""


def _calls() -> list[tuple[str, Arguments]]:
    """Every operation's sample and every composite tool."""
    return [
        *((name, arguments) for name, (arguments, _) in COMPOSED.items()),
        *((sample.tool, sample.arguments) for sample in SAMPLES.values()),
    ]


def _keys(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, value in cast("Mapping[str, object]", node).items():
            yield key
            yield from _keys(value)
    elif isinstance(node, list | tuple):
        for item in cast("Sequence[object]", node):
            yield from _keys(item)


def _secrets(house: House) -> set[str]:
    """The values: keys of every project and organization, and the token."""
    projects = {key for each in house.world.projects.values() for key in (each.api_key, each.upload_api_key)}
    others = {BUGSPULSE_KEY, PUBLIC_KEY, SECRET_KEY, DEVREV_TOKEN}
    return projects | {each.api_key for each in house.world.organizations.values()} | {SANDBOX_TOKEN} | others


@pytest.mark.threats(29)
async def test_no_secret_is_in_any_answer_of_any_tool_or_in_the_log(tmp_path: Path) -> None:
    # Guards: Secret in the catalogue, and that no view goes around it.
    shown, keys, used = "", set[str](), set[str]()
    async with open_house(tmp_path, policies=policies_of_all(tmp_path / "policies")) as house:
        secrets = _secrets(house)
        for name, arguments in _calls():
            tool = BY_NAME[name]
            given = dict(arguments(Here(world=house.world)))
            for more in ({}, {"detail": "full"}) if isinstance(tool, Tool) and tool.detailed else ({},):
                answer = await house.call(OPERATOR, name, {**given, **more})
                assert answer.error is None, (name, answer)
                keys |= set(_keys(answer.content))
                shown += json.dumps(dict(answer.content)) + answer.text
            secrets |= _secrets(house)
            used.add(name)
        told = "\n".join(house.sentences)
    files = bytes_below(tmp_path / "state" / "log") + bytes_below(tmp_path / "state" / "exports")

    assert used == set(BY_NAME)
    assert len(secrets) > 15
    assert keys & NAMES == set()
    assert [secret for secret in secrets if secret in shown or secret in told or secret.encode() in files] == []


@pytest.mark.threats(29)
async def test_the_sandbox_has_these_secrets_to_give(tmp_path: Path) -> None:
    # Without this the test above could pass because nothing was ever there.
    from tests.tools.test_composites import asked_directly  # noqa: PLC0415 - asks the sandbox without crashgate

    async with open_house(tmp_path) as house:
        organization = next(iter(house.world.organizations))
        found = [
            *_keys(await asked_directly(house, f"/organizations/{organization}")),
            *_keys(await asked_directly(house, f"/organizations/{organization}/projects")),
            *_keys(await asked_directly(house, f"/organizations/{organization}/collaborators")),
        ]

    # Only the authors of comments have the last one.
    assert set(found) >= NAMES - {"favorite_project_ids"}
