"""What of a call's arguments has to be looked up or may not be asked: names in place of ids, filters, hidden fields.

Steps of the plan: each yields what it needs to know, and returns what is wrong.
"""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

from crashgate.errors import InvalidArgumentsError
from crashgate.gate.argument_defaults import question_for
from crashgate.gate.case import CallState
from crashgate.gate.names import ME, nobody_known, not_by_name, shown_fields
from crashgate.gate.narrowing import hidden_fault
from crashgate.gate.needs import Need, NeedFields, NeedNamed, Unknown
from crashgate.gate.places import NamedObject
from crashgate.model.operation import AnyOperation
from crashgate.model.params import is_object_id
from crashgate.policy.decide import decide
from crashgate.policy.decision import Effect


def look_up_names(call: CallState, operation: AnyOperation) -> Generator[Need, Any, InvalidArgumentsError | None]:
    """Put ids in the place of names; what is wrong where a name is none, or may not be looked up."""
    for each in operation.fields:
        value: object = getattr(call.params, each.name, None) if each.named_by is not None else None
        if each.named_by is None or call.params is None or not isinstance(value, str) or is_object_id(value):
            continue
        by, redaction = each.named_by, call.policy.redaction if call.policy else None
        need = NeedNamed(
            by=by,
            parameter=each.name,
            project=call.home or "",
            value=value,
            fields=shown_fields(by, by.fields, redaction),
            beside=shown_fields(by, by.beside, redaction),
        )
        # check: a name is looked up only for who may list what has it
        if not need.fields or not _may_list(call, by.operation):
            return not_by_name(need)
        if by.me and value.casefold() == ME:
            if call.ask.me is None or need.fields[0] != by.fields[0]:
                return nobody_known(need)
            need = replace(need, value=call.ask.me, fields=need.fields[:1])
        found: NamedObject | InvalidArgumentsError | Unknown = yield need
        if isinstance(found, InvalidArgumentsError):
            return found
        if isinstance(found, NamedObject):
            call.params = call.params.model_copy(update={each.name: found.id})
            call.named[each.name] = found
    return None


def _may_list(call: CallState, listing: AnyOperation) -> bool:
    question = question_for(call.ask.principal.agent, call.connection, listing, listing.access)
    return decide(call.policy, question.at(call.question().places)).effect is Effect.ALLOW


def filter_fault(call: CallState, operation: AnyOperation) -> Generator[Need, Any, InvalidArgumentsError | None]:
    """What is wrong where a filter names a field that the project does not have."""
    names = frozenset[str](getattr(call.params, "filters", None) or ())
    if by := operation.filtering:
        # check: what filters by a field of its own is checked like a filter
        for name, field in by.items():
            if name in call.ask.arguments:
                names |= {field}
    if not names or call.home is None:
        return None
    fault: InvalidArgumentsError | Unknown | None = yield NeedFields(project=call.home, names=names)
    return None if isinstance(fault, Unknown) else fault


def hidden_argument_fault(call: CallState, operation: AnyOperation) -> InvalidArgumentsError | None:
    """What is wrong where an argument asks by a field that the policy redacts; what the gate put in nobody asks by."""
    if call.policy is None or call.policy.redaction.empty:
        return None
    asked = call.ask.arguments if call.params is None else {name: call.value(name) for name in call.ask.arguments}
    return hidden_fault(operation, asked, call.policy.redaction)
