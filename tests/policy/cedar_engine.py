"""Cedar, as far as tests and benchmarks ask it. Rule: its bindings, whose types are partial, are known here only."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from crashgate.policy.policy import Vocabulary
from crashgate.policy.review import cedar
from tests.catalogue import CATALOGUE

_cedarpy: Any = import_module("cedarpy")


def allowed(requests: Sequence[dict[str, Any]], policies: str) -> list[bool]:
    """For each request, whether Cedar allows it. Raises ValueError when a policy could not be evaluated."""
    answers = _cedarpy.is_authorized_batch(
        list(requests), policies, [], schema=cedar.schema(Vocabulary(catalogue=CATALOGUE, connections={}))
    )
    faults = [fault for answer in answers for fault in answer.diagnostics.errors]
    if faults:
        raise ValueError(f"Cedar could not evaluate a policy: {faults[0]}")
    return [answer.decision is _cedarpy.Decision.Allow for answer in answers]


def deciding(request: dict[str, Any], policies: str) -> list[str]:
    """The ``@id`` of each policy that decided."""
    answer = _cedarpy.is_authorized(request, policies, [])
    return list(answer.diagnostics.id_annotations_by_reason.values())


def faults(policies: str, schema: str) -> list[str]:
    """What does not fit the schema."""
    return [str(fault) for fault in _cedarpy.validate_policies(policies, schema).errors]


class Ready:
    """Cedar with policies that were read once."""

    def __init__(self, policies: str) -> None:
        self._policies = _cedarpy.PolicySet.from_str(policies)
        self._nobody = _cedarpy.Entities.from_json_str("[]")
        self._allow = _cedarpy.Decision.Allow

    def allows(self, request: dict[str, Any]) -> bool:
        """Whether the request is allowed."""
        return _cedarpy.is_authorized(request, self._policies, self._nobody).decision is self._allow
