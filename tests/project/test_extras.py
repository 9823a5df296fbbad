from collections.abc import Mapping
from typing import Any

from packaging.requirements import Requirement


def test_the_base_has_neither_pyarrow_nor_the_drivers_of_object_storage(pyproject: Mapping[str, Any]) -> None:
    base = {Requirement(each).name for each in pyproject["project"]["dependencies"]}
    extras = pyproject["project"]["optional-dependencies"]
    named = {name: {Requirement(each).name for each in extras[name]} for name in sorted(extras)}

    assert base & {"pyarrow", "fsspec", "s3fs", "opentelemetry-sdk"} == set()
    assert Requirement(extras["all"][0]).extras == set(named) - {"all"}
    assert named["parquet"] == {"pyarrow"}
    assert named["s3"] == {"fsspec", "s3fs"}
