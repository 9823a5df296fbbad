"""What stands in a document beside its grants."""

from collections.abc import Mapping, Sequence

import pytest

from crashgate.errors import PolicyDocumentError
from crashgate.policy.document import load
from crashgate.policy.limits import MOST_MINUTES, Approval, Counted, Limits, Rate, Window
from crashgate.policy.policy import Mode
from crashgate.policy.redaction import Redaction
from crashgate.policy.switches import Switch, Switches
from tests.catalogue import RESULT_FIELDS
from tests.policy.builders import HEAD, SOURCE, VOCABULARY, loaded

X = SOURCE
DISCARD = 'operations = ["bugsnag.errors.discard"]'
RULES = "write names joined by dots, * only as the last of them, and ** only before the last"
OPERATION = 'write operations = ["bugsnag.errors.discard"], or remove the line'


def problems(body: str) -> Sequence[str]:
    try:
        load(HEAD + body, source=SOURCE, vocabulary=VOCABULARY)
    except PolicyDocumentError as error:
        return [str(problem) for problem in error.problems]
    return ()


def test_all_tables_become_values_with_their_lines() -> None:
    policy = loaded(
        """mode = "observe"
[off]
operations = ["bugsnag.errors.discard"]
parameters = [
    "bugsnag.errors.list.filters",
]
[limits]
writes_per_hour = 20
calls_per_minute = 60
rows_per_export = 1000
exports_kept = 20
[redact]
fields = ["user.email", "metaData.account.*"]
sets = ["network"]
[approve]
operations = ["bugsnag.errors.delete"]
expires_minutes = 5
after_untrusted_minutes = 1440
"""
    )

    assert (policy.mode, policy.off, policy.limits, policy.redaction, policy.approval) == (
        Mode.OBSERVE,
        Switches(
            all=(
                Switch(operation="bugsnag.errors.discard", line=6, source=SOURCE),
                Switch(operation="bugsnag.errors.list", parameter="filters", line=8, source=SOURCE),
            )
        ),
        Limits(
            rates=(
                Rate(counted=Counted.CALLS, window=Window.MINUTE, most=60),
                Rate(counted=Counted.WRITES, window=Window.HOUR, most=20),
            ),
            rows_per_export=1000,
            exports_kept=20,
        ),
        Redaction(within=RESULT_FIELDS, fields=("user.email", "metaData.account.*"), sets=("network",)),
        Approval(
            operations=frozenset({"bugsnag.errors.delete"}), expires_minutes=5, after_untrusted_minutes=MOST_MINUTES
        ),
    )


def test_without_them_everything_is_as_if_they_said_nothing() -> None:
    policy = loaded("")

    assert (policy.mode, policy.off, policy.limits, policy.redaction, policy.approval) == (
        Mode.ENFORCE,
        Switches(),
        Limits(),
        Redaction(),
        Approval(operations=frozenset(), expires_minutes=15),
    )


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            '[off]\noperations = ["delete_error"]\n',
            "`delete_error` is a tool; its operation is `bugsnag.errors.delete`",
        ),
        (
            '[approve]\noperations = ["get_trend"]\n',
            "`get_trend` is a tool; its operations are `bugsnag.trends.get_on_error`, `bugsnag.trends.get_on_project`",
        ),
        (
            '[off]\nparameters = ["delete_error.error_id"]\n',
            "`delete_error` is a tool; its operation is `bugsnag.errors.delete`",
        ),
    ],
)
def test_a_tool_in_place_of_an_operation_is_told_what_to_write(body: str, told: str) -> None:
    with pytest.raises(PolicyDocumentError) as caught:
        load(HEAD + body, source=SOURCE, vocabulary=VOCABULARY)

    assert [str(each) for each in caught.value.problems] == [f"{X}:5: {told}"]


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("usr.emial", "did you mean `user.email`?"),
        ("zzz.stacktrace", "did you mean `exceptions.stacktrace`?"),
        ("usr.email", "the nearest are `collaborator.email`, `email`, `user.email`"),
        ("foo", "the nearest are `"),
    ],
)
def test_an_unknown_field_is_told_with_the_nearest_and_not_with_the_first(field: str, told: str) -> None:
    (problem,) = problems(f'[redact]\nfields = ["{field}"]\n')

    assert told in problem
    assert "what there is" not in problem


WRONG: Mapping[str, tuple[str, Sequence[str]]] = {
    "a misspelt mode": ('mode = "observ"\n', [f"{X}:4: unknown mode `observ`; did you mean `observe`?"]),
    "a truth value as mode": (
        "mode = true\n",
        [f'{X}:4: `mode` is true or false; write mode = "enforce" or mode = "observe"'],
    ),
    "a misspelt operation": (
        '[off]\noperations = [\n"bugsnag.errors.discrd"]\n',
        [f"{X}:6: unknown operation `bugsnag.errors.discrd`; did you mean `bugsnag.errors.discard`?"],
    ),
    "a misspelt parameter": (
        '[off]\nparameters = ["bugsnag.errors.list.filter"]\n',
        [f"{X}:5: unknown parameter of bugsnag.errors.list `filter`; did you mean `filters`?"],
    ),
    "a parameter of no operation": (
        '[off]\nparameters = ["filters"]\n',
        [f'{X}:5: write an operation and its parameter, such as "bugsnag.errors.list.filters"'],
    ),
    "a parameter of a misspelt operation": (
        '[off]\nparameters = ["bugsnag.errors.lst.filters"]\n',
        [f"{X}:5: unknown operation `bugsnag.errors.lst`; did you mean `bugsnag.errors.list`?"],
    ),
    "a parameter that every call gives": (
        '[off]\nparameters = ["bugsnag.errors.get.error_id"]\n',
        [
            (
                f"{X}:5: bugsnag.errors.get cannot be called without `error_id`;"
                ' switch all of it off, with operations = ["bugsnag.errors.get"]'
            )
        ],
    ),
    "an empty list": ("[off]\noperations = []\n", [f"{X}:5: `operations` is empty; {OPERATION}"]),
    "text for a list": (
        '[off]\noperations = "bugsnag.errors.discard"\n',
        [f"{X}:5: `operations` is text; {OPERATION}"],
    ),
    "a number as name": (
        "[off]\noperations = [7]\n",
        [f'{X}:5: a name in `operations` is a number; write text, such as "bugsnag.errors.discard"'],
    ),
    "an empty table": (
        "[off]\n",
        [f'{X}:4: `off` is empty; write [off] and below it operations = ["bugsnag.errors.discard"], or remove it'],
    ),
    "a list of tables": (
        "[[limits]]\ncalls_per_minute = 1\n",
        [f"{X}:4: `limits` is a list; write [limits] and below it calls_per_minute = 60, or remove it"],
    ),
    "a misspelt limit": (
        "[limits]\ncall_per_minute = 1\n",
        [f"{X}:5: unknown key `call_per_minute`; did you mean `calls_per_minute`?"],
    ),
    "no calls at all": (
        "[limits]\ncalls_per_minute = 0\n",
        [f"{X}:5: `calls_per_minute` is 0; write a whole number from 1 to 10000"],
    ),
    "a limit that bounds nothing": (
        "[limits]\nwrites_per_day = 1_000_001\n",
        [f"{X}:5: `writes_per_day` is 1000001; write a whole number from 1 to 1000000"],
    ),
    "half a call": (
        "[limits]\ncalls_per_hour = 1.5\n",
        [f"{X}:5: `calls_per_hour` is not a whole number; write a whole number from 1 to 100000"],
    ),
    "a truth value as limit": (
        "[limits]\nrows_per_export = true\n",
        [f"{X}:5: `rows_per_export` is true or false; write a whole number from 1 to 100000000"],
    ),
    "a misspelt field": (
        '[redact]\nfields = ["exceptions.stacktrace.lin_number"]\n',
        [
            (
                f"{X}:5: unknown field `exceptions.stacktrace.lin_number`;"
                " did you mean `exceptions.stacktrace.line_number`?"
            )
        ],
    ),
    "a field that is the object's own id": (
        '[redact]\nfields = ["id"]\n',
        [f"{X}:5: `id` names the object itself and cannot be removed"],
    ),
    "a star in the middle": (
        '[redact]\nfields = ["exceptions.*.file"]\n',
        [f"{X}:5: `exceptions.*.file` is not a path; {RULES}"],
    ),
    "two stars that are not before the last": (
        '[redact]\nfields = ["metaData.**.account.iban", "metaData.**"]\n',
        [f"{X}:5: `metaData.**.account.iban` is not a path; {RULES}", f"{X}:5: `metaData.**` is not a path; {RULES}"],
    ),
    "a star below nothing": (
        '[redact]\nfields = ["message.*"]\n',
        [f"{X}:5: nothing is below `message`; write it without the *"],
    ),
    "nothing but dots": (
        '[redact]\nfields = ["user..email"]\n',
        [f"{X}:5: `user..email` is not a path; {RULES}"],
    ),
    "a misspelt set": ('[redact]\nsets = ["poeple"]\n', [f"{X}:5: unknown set `poeple`; did you mean `people`?"]),
    "an approval of nothing": (
        "[approve]\nexpires_minutes = 5\n",
        [f"{X}:4: missing key `operations`; write {DISCARD} or after_untrusted_minutes = 60"],
    ),
    "a person between for no time": (
        "[approve]\nafter_untrusted_minutes = 0\n",
        [f"{X}:5: `after_untrusted_minutes` is 0; write a whole number from 1 to 1440"],
    ),
    "a person between for ever": (
        "[approve]\nafter_untrusted_minutes = 1441\n",
        [f"{X}:5: `after_untrusted_minutes` is 1441; write a whole number from 1 to 1440"],
    ),
    "a person between, switched on": (
        "[approve]\nafter_untrusted_minutes = true\n",
        [f"{X}:5: `after_untrusted_minutes` is true or false; write a whole number from 1 to 1440"],
    ),
    "an approval that lasts": (
        '[approve]\noperations = ["bugsnag.errors.fix"]\nexpires_minutes = 1441\n',
        [f"{X}:6: `expires_minutes` is 1441; write a whole number from 1 to 1440"],
    ),
    "a client that may not quite ask": (
        '[approve]\noperations = ["bugsnag.errors.fix"]\nask_client = "no"\n',
        [f"{X}:6: `ask_client` is text; write true or false"],
    ),
    "an approval of a misspelt operation": (
        '[approve]\noperations = ["bugsnag.error.fix"]\n',
        [f"{X}:5: unknown operation `bugsnag.error.fix`; did you mean `bugsnag.errors.fix`?"],
    ),
    "a place that nothing on the connection has": (
        '[[grant]]\nconnection = "bugsnag"\nprojects = ["*"]\nenvironments = ["production"]\naccess.error = "read"\n',
        [f"{X}:7: nothing on connection `bugsnag` has environments; remove the line"],
    ),
}


@pytest.mark.threats(30)
@pytest.mark.parametrize(("body", "expected"), WRONG.values(), ids=WRONG)
def test_a_wrong_table_names_file_line_wrong_word_and_what_is_right(body: str, expected: Sequence[str]) -> None:
    assert problems(body) == expected
