import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crashgate.errors import ConfigurationError, PolicyDocumentError, Problem
from crashgate.model.scope import PROJECT
from crashgate.policy.policy import PolicySet, Vocabulary
from crashgate.policy.toml_positions import MAX_BYTES
from crashgate.storage.policy_files import PolicyFiles
from tests.catalogue import CATALOGUE
from tests.owned import given_away

if TYPE_CHECKING:
    from crashgate.policy.policy import PolicySource

VOCABULARY = Vocabulary(catalogue=CATALOGUE, connections={"bugsnag": {"error": PROJECT}})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "policies"
    found.mkdir(mode=0o755)
    return found


def text(agent: str) -> str:
    return f'agent = "{agent}"\nabout = "Reads."\nowner = "team@example.com"\n'


def write(folder: Path, agent: str, *, content: str | bytes | None = None, mode: int = 0o644) -> Path:
    """A document of that agent; a good one unless it is given."""
    path = folder / f"{agent}.toml"
    content = text(agent) if content is None else content
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(mode)
    return path


def files(folder: Path) -> PolicyFiles:
    return PolicyFiles(folder=folder, vocabulary=VOCABULARY)


def problems(folder: Path) -> list[str]:
    with pytest.raises(PolicyDocumentError) as caught:
        files(folder).load()
    return [str(problem) for problem in caught.value.problems]


def test_every_document_of_the_folder_is_read_and_nothing_else(folder: Path) -> None:
    write(folder, "b")
    write(folder, "a")
    write(folder, ".hidden", content="not TOML")
    (folder / "README.md").write_text("not a policy", encoding="utf-8")

    found = files(folder).load()

    assert [(policy.agent, policy.source, policy.hash) for policy in found.values()] == [
        ("a", "policies/a.toml", hashlib.sha256(text("a").encode()).hexdigest()),
        ("b", "policies/b.toml", hashlib.sha256(text("b").encode()).hexdigest()),
    ]


def test_an_empty_folder_speaks_of_nobody(folder: Path) -> None:
    assert files(folder).load() == PolicySet()


def test_before_the_first_load_there_is_no_policy(folder: Path) -> None:
    write(folder, "a")
    source: PolicySource = files(folder)

    assert source.current() == PolicySet()


@pytest.mark.ablation("with strict policies one mistake keeps all")
@pytest.mark.threats(30)
def test_a_folder_with_one_bad_document_changes_nothing(folder: Path) -> None:
    write(folder, "a")
    source = files(folder)
    before = source.load()
    write(folder, "b")
    write(folder, "c", content=text("c")[:40])

    with pytest.raises(PolicyDocumentError):
        source.load()

    assert source.current() is before
    assert list(before) == ["a"]


@pytest.mark.threats(30)
@pytest.mark.parametrize("fault", [b"agent = ", b"\xff", text("a").encode() + b"colour = 1\n", text("other").encode()])
def test_a_document_that_cannot_be_used_concerns_its_own_agent_alone(folder: Path, fault: bytes) -> None:
    write(folder, "a", content=fault)
    write(folder, "b")
    source = PolicyFiles(folder=folder, vocabulary=VOCABULARY, strict=False)
    found = source.load()

    assert list(found) == ["b"]
    assert {agent: len(told) for agent, told in found.broken.items()} == {"a": 1}
    assert source.current() is found


@pytest.mark.threats(30)
def test_where_no_document_can_be_used_nothing_is_served(folder: Path) -> None:
    write(folder, "a", content="agent = ")

    with pytest.raises(PolicyDocumentError):
        PolicyFiles(folder=folder, vocabulary=VOCABULARY, strict=False).load()


@pytest.mark.threats(30)
def test_the_problems_of_all_documents_are_told_at_once(folder: Path) -> None:
    write(folder, "a", content=text("a") + "colour = 1\n")
    write(folder, "b", mode=0o666)
    write(folder, "c", content=text("other"))

    with pytest.raises(PolicyDocumentError) as caught:
        files(folder).load()

    assert caught.value.problems == (
        Problem(
            source="policies/a.toml",
            line=4,
            text=(
                "unknown key `colour`; what there is: agent, about, owner, mode, extends, places, grant, off, limits,"
                " redact, approve"
            ),
        ),
        Problem(
            source="policies/b.toml",
            line=1,
            text="its group or everybody may write to the document; run: chmod go-w policies/b.toml",
        ),
        Problem(source="policies/c.toml", line=1, text="agent `other` belongs in a file called other.toml"),
    )


@pytest.mark.ablation("a policy document that others may write to")
@pytest.mark.threats(30)
@pytest.mark.parametrize("mode", [0o666, 0o664, 0o646, 0o620, 0o602])
def test_a_document_that_others_may_write_to_is_refused(folder: Path, mode: int) -> None:
    write(folder, "a", mode=mode)

    assert problems(folder) == [
        "policies/a.toml:1: its group or everybody may write to the document; run: chmod go-w policies/a.toml"
    ]


@pytest.mark.ablation("a policy folder that others may write to")
@pytest.mark.threats(30)
@pytest.mark.parametrize("mode", [0o777, 0o775, 0o1777])
def test_a_folder_that_others_may_write_to_is_refused(folder: Path, mode: int) -> None:
    folder.chmod(mode)

    with pytest.raises(ConfigurationError) as caught:
        files(folder).load()

    assert (caught.value.what, caught.value.why, caught.value.remedy) == (
        f"The policy folder {folder} cannot be used.",
        "Its group or everybody may write to it, so another user could add or swap a policy.",
        f"Run: chmod go-w {folder}",
    )


@pytest.mark.ablation("a policy document of another user")
@pytest.mark.threats(30)
def test_a_document_of_another_user_is_refused(folder: Path) -> None:
    given_away(write(folder, "a"))

    assert problems(folder) == [
        "policies/a.toml:1: it belongs to another user; give it to the user that runs crashgate, or to root"
    ]


@pytest.mark.ablation("a policy folder of another user")
@pytest.mark.threats(30)
def test_a_folder_of_another_user_is_refused(folder: Path) -> None:
    given_away(folder)

    with pytest.raises(ConfigurationError) as caught:
        files(folder).load()

    assert (caught.value.what, caught.value.why, caught.value.remedy) == (
        f"The policy folder {folder} cannot be used.",
        "It belongs to another user, who could add or swap a policy.",
        "Give it to the user that runs crashgate, or to root, or name another folder.",
    )


@pytest.mark.ablation("a link out of the policy folder")
@pytest.mark.threats(30)
def test_a_link_out_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "a.toml").symlink_to(write(tmp_path, "a"))
    (folder / "b.toml").symlink_to("/dev/zero")

    words = "this is a link that leads out of the policy folder; put the document itself there"
    assert problems(folder) == [f"policies/a.toml:1: {words}", f"policies/b.toml:1: {words}"]


def test_links_within_the_folder_are_followed_as_mounted_configuration_has_them(folder: Path) -> None:
    inner = folder / "..2026_11_20"
    inner.mkdir()
    write(inner, "a")
    (folder / "..data").symlink_to(inner.name)
    (folder / "a.toml").symlink_to("..data/a.toml")

    assert list(files(folder).load()) == ["a"]


def test_the_folder_itself_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    write(folder, "a")
    (tmp_path / "link").symlink_to(folder)

    assert list(files(tmp_path / "link").load()) == ["a"]


UNREADABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a broken link": (
        lambda path: path.symlink_to("nowhere"),
        "1: the document cannot be read: no such file or directory",
    ),
    "a link to itself": (
        lambda path: path.symlink_to(path.name),
        "1: the document cannot be read: too many levels of symbolic links",
    ),
    "a folder": (lambda path: path.mkdir(), "1: this is not a file"),
    "a pipe": (os.mkfifo, "1: this is not a file"),
    "too large": (
        lambda path: write(path.parent, "a", content="é" * (MAX_BYTES // 2) + "é"),
        "1: the document is larger than 256 KiB",
    ),
    "another encoding": (
        lambda path: write(path.parent, "a", content=text("a").encode() + b"# caf\xe9\n"),
        "4: the document is not UTF-8 text",
    ),
}


@pytest.mark.ablation("a policy document is a file")
@pytest.mark.threats(30)
@pytest.mark.parametrize(("make", "fault"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_not_a_readable_document_is_refused(folder: Path, make: Callable[[Path], object], fault: str) -> None:
    make(folder / "a.toml")

    assert problems(folder) == [f"policies/a.toml:{fault}"]


@pytest.mark.parametrize(
    ("name", "what", "why", "remedy"),
    [
        ("missing", "does not exist", "", "Run `crashgate init` to set up a connection and a first policy, add "),
        ("file.toml", "cannot be used", "This is not a folder.", "Make the folder, with one document for each agent "),
    ],
)
def test_a_missing_folder_is_told_with_what_to_do(folder: Path, name: str, what: str, why: str, remedy: str) -> None:
    write(folder, "file")

    with pytest.raises(ConfigurationError) as caught:
        files(folder / name).load()

    assert (caught.value.what, caught.value.why) == (f"The policy folder {folder / name} {what}.", why)
    assert caught.value.remedy.startswith(remedy)


def test_a_document_that_has_not_changed_is_not_worked_out_again(folder: Path) -> None:
    write(folder, "a")
    write(folder, "b")
    found = files(folder)
    first = found.load()

    write(folder, "b", content=f"{text('b')}[limits]\ncalls_per_minute = 1\n")
    second = found.load()

    assert second["a"] is first["a"]
    assert second["b"] != first["b"]


def test_a_document_is_worked_out_again_when_a_template_has_changed(folder: Path) -> None:
    templates = folder / "templates"
    templates.mkdir(mode=0o755)
    write(templates, "few", content="[limits]\ncalls_per_minute = 1\n")
    write(folder, "a", content=f'extends = "templates/few"\n{text("a")}')
    found = files(folder)
    first = found.load()

    write(templates, "few", content="[limits]\ncalls_per_minute = 2\n")

    assert [each.limits.value("calls_per_minute") for each in (first["a"], found.load()["a"])] == [1, 2]


@pytest.mark.threats(30)
@pytest.mark.parametrize("name", ["../other", "nested/agent", ".hidden", "", "/etc/agent"])
def test_the_name_of_an_agent_leads_to_no_document_elsewhere(folder: Path, name: str) -> None:
    (folder / "nested").mkdir()
    for path in (folder / "nested", folder.parent):
        write(path, "agent")
    write(folder.parent, "other")
    write(folder, ".hidden", content=text("hidden"))
    files = PolicyFiles(folder=folder, vocabulary=VOCABULARY, strict=False, agent=name)

    assert (dict(files.load()), files.current().broken) == ({}, {})
