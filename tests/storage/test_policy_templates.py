"""The folder of templates: who may write there, what may stand there, and what a change of it does."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from crashgate.errors import PolicyDocumentError
from crashgate.model.scope import PROJECT
from crashgate.policy.policy import Vocabulary
from crashgate.storage.policy_files import PolicyFiles, PolicyWatch
from tests.catalogue import CATALOGUE
from tests.owned import given_away

VOCABULARY = Vocabulary(catalogue=CATALOGUE, connections={"bugsnag": {"error": PROJECT}})
GRANT = '[[grant]]\nconnection = "bugsnag"\nprojects = ["a"]\naccess.error = "read"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two agents, of which one extends a template."""
    found = tmp_path / "policies"
    (found / "templates").mkdir(parents=True, mode=0o755)
    found.chmod(0o755)
    for agent, body in (("one", 'extends = "templates/shared"\n'), ("two", "")):
        _write(found / f"{agent}.toml", f'agent = "{agent}"\nabout = "Reads."\nowner = "team@example.com"\n{body}')
    _write(found / "templates" / "shared.toml", GRANT)
    return found


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)


def served(folder: Path) -> PolicyFiles:
    files = PolicyFiles(folder=folder, vocabulary=VOCABULARY, strict=False)
    files.load()
    return files


def test_a_template_is_read_with_its_documents_and_is_nobodys_policy(folder: Path) -> None:
    policies = served(folder).current()

    assert list(policies) == ["one", "two"]
    assert not policies.broken
    assert policies["one"].grants[1].source == "policies/templates/shared.toml"


def _open_to_others(folder: Path) -> None:
    (folder / "templates" / "shared.toml").chmod(0o666)


def _in_an_open_folder(folder: Path) -> None:
    (folder / "templates").chmod(0o777)


def _a_link_out(folder: Path) -> None:
    template = folder / "templates" / "shared.toml"
    template.rename(folder.parent / "elsewhere.toml")
    template.symlink_to(folder.parent / "elsewhere.toml")


def _a_link_to_a_document(folder: Path) -> None:
    template = folder / "templates" / "shared.toml"
    template.unlink()
    template.symlink_to(folder / "two.toml")


def _a_folder_by_a_link(folder: Path) -> None:
    (folder / "templates").rename(folder.parent / "elsewhere")
    (folder / "templates").symlink_to(folder.parent / "elsewhere")


def _gone(folder: Path) -> None:
    (folder / "templates" / "shared.toml").unlink()


def _a_folder_of_that_name(folder: Path) -> None:
    _gone(folder)
    (folder / "templates" / "shared.toml").mkdir()


def _not_text(folder: Path) -> None:
    (folder / "templates" / "shared.toml").write_bytes(b"\xff")


UNUSABLE: dict[str, tuple[Callable[[Path], None], str]] = {
    "open to others": (_open_to_others, "its group or everybody may write to the document"),
    "in an open folder": (_in_an_open_folder, "the group or everybody may write to its folder"),
    "a link out": (_a_link_out, "this is a link that leads out of the policy folder"),
    "a link to a document": (_a_link_to_a_document, "this is a link that leads out of the policy folder"),
    "a folder by a link": (_a_folder_by_a_link, "its folder is a link"),
    "gone": (_gone, "unknown template `templates/shared`"),
    "a folder of that name": (_a_folder_of_that_name, "this is not a file"),
    "not text": (_not_text, "the document is not UTF-8 text"),
}


@pytest.mark.ablation(
    "others may not write to the folder of templates", "the folder of templates is no link out of the policy folder"
)
@pytest.mark.threats(30)
@pytest.mark.parametrize(("spoil", "told"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_template_that_cannot_be_trusted_refuses_the_agents_that_extend_it_alone(
    spoil: Callable[[Path], None], told: str, folder: Path
) -> None:
    spoil(folder)
    policies = served(folder).current()

    assert list(policies) == ["two"]
    assert [told in problem.text for problem in policies.broken["one"]] == [True]


@pytest.mark.threats(30)
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("templates/shared.toml", "it belongs to another user; give it to the user that runs crashgate, or to root"),
        ("templates", "its folder belongs to another user; give it to the user that runs crashgate, or to root"),
    ],
)
def test_a_template_of_another_user_is_refused(name: str, told: str, folder: Path) -> None:
    given_away(folder / name)

    assert [problem.text for problem in served(folder).current().broken["one"]] == [told]


def test_a_broken_template_that_nobody_extends_refuses_nobody(folder: Path) -> None:
    _write(folder / "templates" / "other.toml", "not TOML")

    assert not served(folder).current().broken


def test_with_all_or_nothing_a_broken_template_is_a_problem_of_all(folder: Path) -> None:
    _gone(folder)

    with pytest.raises(PolicyDocumentError):
        PolicyFiles(folder=folder, vocabulary=VOCABULARY).load()


async def test_a_change_of_a_template_reloads_its_agents(folder: Path) -> None:
    changed: list[frozenset[str]] = []

    async def note(agents: frozenset[str]) -> None:
        changed.append(agents)

    files = served(folder)
    watch = PolicyWatch(files, note)
    template = folder / "templates" / "shared.toml"
    old = template.stat()
    _write(template, GRANT.replace('"a"', '"b"'))
    os.utime(template, ns=(old.st_atime_ns, old.st_mtime_ns))
    await watch.look()
    await watch.look()

    assert changed == [frozenset({"one"})]
    assert files.current()["one"].grants[1].places == {PROJECT: ("b",)}
    _gone(folder)
    await watch.look()
    await watch.look()
    assert changed == [frozenset({"one"})]
    assert "one" in files.current().broken
    assert files.current()["one"].grants[1].places == {PROJECT: ("b",)}
