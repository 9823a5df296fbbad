"""A plan has only parts that keep their patterns, and what is stored of an export is read back whole."""

import pytest

from crashgate.exports import checkpoint as checkpoints
from crashgate.exports import manifest as manifests
from crashgate.exports.checkpoint import Checkpoint, first
from crashgate.exports.manifest import Digest, Manifest, manifest_of
from crashgate.exports.page import ExportPage
from crashgate.model.export import Column, Kind
from tests.exports.samples import COLUMNS, FIRST, ID, SECOND, plan

UNSAFE = ["", "..", "../x", "a/b", "a\\b", ".hidden", "a\0", "x" * 200, "a b", "A", "a\n", "-a", "a.b"]


@pytest.mark.ablation("an export's id is hexadecimal")
@pytest.mark.threats(26)
@pytest.mark.parametrize("text", [*UNSAFE, "session_events", "0123456789ABCDEF", "0" * 15, "0" * 33])
def test_an_export_id_is_hexadecimal_and_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        plan(id=text)


@pytest.mark.parametrize("text", [*UNSAFE, "a__b", "a_", "1a"])
def test_a_subject_is_words_and_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match="subject"):
        plan(subject=text)


@pytest.mark.parametrize("name", [*UNSAFE, "1a", "=a"])
def test_a_column_has_a_plain_name(name: str) -> None:
    with pytest.raises(ValueError, match="not a column name"):
        Column(name=name, kind=Kind.TEXT, about="A column.")


def test_a_column_is_documented() -> None:
    with pytest.raises(ValueError, match="not documented"):
        Column(name="a", kind=Kind.TEXT, about=" ")


@pytest.mark.parametrize("columns", [(), (COLUMNS[0], COLUMNS[0])])
def test_an_export_has_columns_of_different_names(columns: tuple[Column, ...]) -> None:
    with pytest.raises(ValueError, match="column"):
        plan(columns=columns)


def test_a_stored_plan_is_the_plan() -> None:
    assert checkpoints.decode_plan(checkpoints.encode_plan(plan(redacted=("user",)))) == plan(redacted=("user",))


def test_a_stored_plan_with_a_path_in_it_is_refused() -> None:
    body = checkpoints.encode_plan(plan()).replace(ID.encode(), b"../../../../etc/x")
    with pytest.raises(ValueError, match="hexadecimal"):
        checkpoints.decode_plan(body)


def test_a_checkpoint_tells_where_to_go_on_and_what_is_there() -> None:
    page = ExportPage(rows=[{}, {}], next={"cursor": "c"}, total=9)
    after = first(plan()).after(page, size=30, neutralised=1).allowed_by(SECOND)

    assert checkpoints.decode(checkpoints.encode(after)) == Checkpoint(
        next={"cursor": "c"},
        rows=2,
        pages=1,
        size=30,
        total=9,
        neutralised=1,
        permissions=(FIRST, SECOND),
    )


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"format":2,"permissions":[]}', b"\xff"])
def test_what_is_no_checkpoint_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"checkpoint|Checkpoint"):
        checkpoints.decode(body)


def _manifest() -> Manifest:
    return manifest_of(plan(), first(plan()), Digest(size=5, sha256="ab" * 32), finished_at="2026-11-20T12:30:00.000Z")


def test_a_stored_manifest_is_the_manifest() -> None:
    assert manifests.decode(manifests.encode(_manifest()), stored_as=f"sessions-{ID}.manifest.json") == _manifest()


@pytest.mark.ablation("a manifest names its own file")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"sessions-{ID}.jsonl", "../../etc/passwd"),
        (f"sessions-{ID}.jsonl", f"crashes-{ID}.jsonl"),
        (f'"id": "{ID}"', '"id": "fedcba9876543210"'),
        ('"manifest_format": 1', '"manifest_format": 2'),
    ],
)
def test_a_manifest_that_names_another_file_is_refused(old: str, new: str) -> None:
    body = manifests.encode(_manifest())
    assert old.encode() in body
    with pytest.raises(ValueError, match="manifest"):
        manifests.decode(body.replace(old.encode(), new.encode()), stored_as=f"sessions-{ID}.manifest.json")


def test_ownership_is_the_agents_who_made_it() -> None:
    assert [each.owned_by(agent) for each in (_manifest(), plan()) for agent in ("reader", "Reader", "")] == [
        *(True, False, False),
        *(True, False, False),
    ]
