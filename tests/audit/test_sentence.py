from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crashgate.audit.record import DecisionRecord, Effect, Ending, OutcomeRecord, Purpose
from crashgate.audit.sentence import tell_decision, tell_outcome
from crashgate.errors import Code
from crashgate.model.access import Access
from tests.audit.samples import DECISION, ERROR_ID, HOSTILE, OUTCOME, PROJECT_ID, RULE, call, decisions, outcomes
from tests.catalogue import TITLES

READ = replace(DECISION, access=Access.READ, verb="read", past="read", rule="policies/a.toml, grant 1, error = read")
NOWHERE = replace(DECISION, organization=None, project=None, project_slug=None, target="projects")
DENIED = replace(DECISION, effect=Effect.DENY, rule=RULE)
LOOKUP = replace(
    DECISION,
    purpose=Purpose.LOOKUP,
    parent=call(9),
    access=Access.READ,
    verb="read",
    past="read",
    target="project checkout-ios",
    reason="lookup",
    rule=None,
)


def _told(record: DecisionRecord, because: str = "", *, looked_up: bool = False) -> str:
    return tell_decision(record, because=because, looked_up=looked_up).sentence


def _outcome_in_words(decision: DecisionRecord, outcome: OutcomeRecord) -> OutcomeRecord:
    return tell_outcome(decision, outcome, title=TITLES.get(decision.provider or ""))


def _ended(outcome: OutcomeRecord, decision: DecisionRecord = DECISION) -> str:
    """What the outcome's sentence says after the rule."""
    sentence = _outcome_in_words(decision, outcome).sentence
    assert sentence.count(f"by {decision.rule}. ") == 1
    return sentence.split(f"by {decision.rule}. ")[1]


def test_an_answered_call_reads_as_a_person_would_say_it() -> None:
    assert _outcome_in_words(DECISION, OUTCOME).sentence == (
        "triage-agent resolved error 5f1d00c4… in checkout-ios (bugsnag): allowed by policies/triage-agent.toml, "
        "grant 1, error = write. BugSnag answered 200 in 212 ms."
    )


def test_an_allowed_call_has_not_happened_yet() -> None:
    assert _told(DECISION) == (
        "triage-agent asked to resolve error 5f1d00c4… in checkout-ios (bugsnag): allowed by "
        "policies/triage-agent.toml, grant 1, error = write."
    )


def test_a_refused_call_says_why_and_that_nothing_was_sent() -> None:
    record = replace(DENIED, tool="delete_error", access=Access.DELETE, verb="delete", past="deleted")
    because = "policies/triage-agent.toml, grant 1, gives error = write, and delete needs full"

    assert _told(record, because) == (
        "triage-agent asked to delete error 5f1d00c4… in checkout-ios (bugsnag) and was refused: "
        "policies/triage-agent.toml, grant 1, gives error = write, and delete needs full. Nothing was sent."
    )
    assert _told(record, because, looked_up=True).endswith("needs full. Nothing but the look-up was sent.")


@pytest.mark.parametrize(
    ("record", "because", "sentence"),
    [
        pytest.param(
            replace(DENIED, reason="unknown_agent"),
            "",
            "triage-agent asked to resolve error 5f1d00c4… in checkout-ios (bugsnag) and was refused: "
            "no policy names this agent. Nothing was sent.",
            id="unknown agent",
        ),
        pytest.param(
            DecisionRecord(
                call=call(1),
                at=DECISION.at,
                agent="triage-agent",
                subject="launch",
                via=DECISION.via,
                effect=Effect.DENY,
                reason="unknown_tool",
            ),
            "",
            "triage-agent asked for a tool that crashgate does not have and was refused: "
            "there is no tool of that name. Nothing was sent.",
            id="tool without a legal name",
        ),
        pytest.param(
            DecisionRecord(
                call=call(1),
                at=DECISION.at,
                agent="triage-agent",
                subject="launch",
                via=DECISION.via,
                effect=Effect.DENY,
                reason="unknown_tool",
                tool="drop_database",
            ),
            "",
            "triage-agent asked to use drop_database and was refused: there is no tool of that name. Nothing was sent.",
            id="unknown tool",
        ),
        pytest.param(
            replace(NOWHERE, effect=Effect.DENY, reason="invalid_arguments", target=None),
            "error_id is not 24 hexadecimal digits.",
            "triage-agent asked to use resolve_error (bugsnag) and was refused: "
            "error_id is not 24 hexadecimal digits. Nothing was sent.",
            id="invalid arguments",
        ),
        pytest.param(
            replace(DENIED, reason="unknown_project", project="nowhere", project_slug=None),
            "",
            "triage-agent asked to resolve error 5f1d00c4… in nowhere (bugsnag) and was refused: "
            "no such project is known here. Nothing was sent.",
            id="unknown project",
        ),
        pytest.param(
            replace(DENIED, reason="calls_per_minute"),
            "",
            "triage-agent asked to resolve error 5f1d00c4… in checkout-ios (bugsnag) and was refused: "
            "calls per minute. Nothing was sent.",
            id="a reason of a later version",
        ),
    ],
)
def test_a_refusal_can_be_told_for_every_reason(record: DecisionRecord, because: str, sentence: str) -> None:
    assert _told(record, because) == sentence


def test_a_look_up_says_who_needed_it() -> None:
    assert _told(LOOKUP) == (
        "crashgate asked to look up project checkout-ios (bugsnag) to decide a call of triage-agent."
    )
    assert _outcome_in_words(LOOKUP, replace(OUTCOME, duration_ms=31)).sentence == (
        "crashgate looked up project checkout-ios (bugsnag) to decide a call of triage-agent. "
        "BugSnag answered 200 in 31 ms."
    )
    assert _outcome_in_words(LOOKUP, replace(OUTCOME, result=Ending.REFUSED, status=404)).sentence == (
        "crashgate tried to look up project checkout-ios (bugsnag) to decide a call of triage-agent. "
        "BugSnag refused with 404 in 212 ms."
    )


@pytest.mark.parametrize(
    ("record", "place"),
    [
        (DECISION, "error 5f1d00c4… in checkout-ios (bugsnag)"),
        (replace(DECISION, project_slug=None), "error 5f1d00c4… in 5f1a2b3c… (bugsnag)"),
        (NOWHERE, "projects (bugsnag)"),
        (replace(NOWHERE, connection=None), "projects"),
        (replace(NOWHERE, organization=PROJECT_ID), "projects in organization 5f1a2b3c… (bugsnag)"),
        (replace(DECISION, target=f"project {PROJECT_ID}"), "project 5f1a2b3c… (bugsnag)"),
        (replace(NOWHERE, organization="acme", target="organization acme"), "organization acme (bugsnag)"),
        (replace(DECISION, project_slug="errors", target="errors"), "errors in errors (bugsnag)"),
    ],
)
def test_a_place_is_named_as_well_as_it_is_known_and_once(record: DecisionRecord, place: str) -> None:
    assert _told(record).split(": ")[0] == f"triage-agent asked to resolve {place}"


def test_what_crashgate_answers_itself_is_told_too() -> None:
    record = replace(READ, provider="crashgate", connection=None, project=None, project_slug=None, organization=None)
    record = replace(record, target="its own access", rule=None)
    outcome = replace(OUTCOME, status=None, duration_ms=1, requests=0)

    assert _outcome_in_words(record, outcome).sentence == (
        "triage-agent read its own access: allowed. crashgate answered in 1 ms."
    )


@pytest.mark.parametrize(
    ("outcome", "ending"),
    [
        (replace(OUTCOME, rows=30), "BugSnag answered 200 in 212 ms with 30 rows."),
        (replace(OUTCOME, rows=1), "BugSnag answered 200 in 212 ms with 1 row."),
        (
            replace(OUTCOME, rows=28, dropped=2),
            "BugSnag answered 200 in 212 ms with 28 rows; 2 out of scope not shown.",
        ),
        (replace(OUTCOME, requests=3), "BugSnag answered 200 in 212 ms. It took 3 requests."),
    ],
)
def test_an_answer_says_what_came(outcome: OutcomeRecord, ending: str) -> None:
    assert _ended(outcome, READ) == ending


@pytest.mark.parametrize(
    ("outcome", "ending"),
    [
        (
            replace(OUTCOME, result=Ending.REFUSED, status=403, error=Code.UPSTREAM_FORBIDDEN),
            "BugSnag refused with 403 in 212 ms (upstream forbidden).",
        ),
        (replace(OUTCOME, result=Ending.REFUSED, status=None), "BugSnag refused in 212 ms."),
        (
            replace(OUTCOME, result=Ending.FAILED, status=None, error=Code.UPSTREAM_TIMEOUT),
            "BugSnag gave no usable answer in 212 ms (upstream timeout).",
        ),
        (
            replace(OUTCOME, result=Ending.FAILED, status=503, error=Code.UPSTREAM_UNAVAILABLE),
            "BugSnag answered 503 in 212 ms, but the answer could not be used (upstream unavailable).",
        ),
        (
            replace(OUTCOME, result=Ending.FAILED, status=None, requests=0, error=Code.UPSTREAM_RATE_LIMITED),
            "Nothing was sent (upstream rate limited).",
        ),
        (replace(OUTCOME, result=Ending.CANCELLED, status=None), "The call was cancelled after 212 ms."),
        (
            replace(OUTCOME, result=Ending.CANCELLED, status=None, requests=0),
            "The call was cancelled before anything was sent.",
        ),
        (
            replace(OUTCOME, result=Ending.WITHHELD),
            (
                "BugSnag answered 200 in 212 ms,"
                " but the answer is out of scope, or about something else, and was not shown."
            ),
        ),
    ],
)
def test_a_call_that_brought_nothing_was_only_tried(outcome: OutcomeRecord, ending: str) -> None:
    # Guards: "tried to" in tell_outcome: the log never claims what did not happen.
    assert _ended(outcome, READ) == ending
    assert _outcome_in_words(READ, outcome).sentence.startswith("triage-agent tried to read error 5f1d00c4… in")


@pytest.mark.ablation("a sentence says when a change is in doubt")
@pytest.mark.parametrize(
    ("outcome", "doubt"),
    [
        (replace(OUTCOME, result=Ending.FAILED, status=None), True),
        (replace(OUTCOME, result=Ending.FAILED, status=502), True),
        (replace(OUTCOME, result=Ending.FAILED, status=200), True),
        (replace(OUTCOME, result=Ending.CANCELLED, status=None), True),
        (replace(OUTCOME, result=Ending.FAILED, status=429), False),
        (replace(OUTCOME, result=Ending.FAILED, status=None, requests=0), False),
        (replace(OUTCOME, result=Ending.CANCELLED, status=None, requests=0), False),
        (replace(OUTCOME, result=Ending.REFUSED, status=404), False),
        (OUTCOME, False),
    ],
)
def test_a_change_without_a_clear_answer_leaves_a_doubt(outcome: OutcomeRecord, doubt: bool) -> None:  # noqa: FBT001 - a case
    # Guards: _in_doubt: a request that went out may have been carried out.
    assert _ended(outcome).endswith("Whether it was done is not known.") is doubt
    assert "not known" not in _ended(outcome, READ)


def test_a_change_whose_answer_is_withheld_did_happen() -> None:
    sentence = _outcome_in_words(DECISION, replace(OUTCOME, result=Ending.WITHHELD)).sentence

    assert sentence.startswith("triage-agent resolved error 5f1d00c4… in")


@pytest.mark.parametrize(
    ("scope", "place"),
    [
        ({"environment": "production"}, ", in environment production"),
        ({"app": "com.acme.checkout", "platform": "ios"}, ", in app com.acme.checkout (ios)"),
        ({"platform": "android"}, ", on android"),
        (
            {"environment": "production", "app": "com.acme.checkout"},
            ", in environment production, in app com.acme.checkout",
        ),
    ],
)
def test_the_scope_of_a_call_is_named_after_its_place(scope: dict[str, str], place: str) -> None:
    record = replace(DECISION, **scope)  # type: ignore[arg-type]  # fields as data

    assert _told(record).split(": ")[0] == (
        f"triage-agent asked to resolve error 5f1d00c4… in checkout-ios (bugsnag){place}"
    )


@pytest.mark.ablation("a sentence says that only observe mode let it through")
def test_what_only_trial_mode_let_through_is_said_loudly() -> None:
    # Guards: the branch for observed in sentence._head.
    record = replace(READ, observed=True, reason="no_grant", rule=None)

    assert _told(record, "no grant names checkout-ios.") == (
        "triage-agent asked to read error 5f1d00c4… in checkout-ios (bugsnag): "
        "LET THROUGH IN OBSERVE MODE, although its policy refuses it: no grant names checkout-ios."
    )
    assert _outcome_in_words(record, OUTCOME).sentence == (
        "triage-agent read error 5f1d00c4… in checkout-ios (bugsnag): "
        "LET THROUGH IN OBSERVE MODE, although its policy refuses it: its policy grants nothing here. "
        "BugSnag answered 200 in 212 ms."
    )


def test_an_approval_that_was_used_is_named() -> None:
    assert _told(replace(DECISION, approval="ap-7f3k")).endswith(
        "allowed by policies/triage-agent.toml, grant 1, error = write with approval ap-7f3k."
    )
    assert _told(replace(DECISION, approval="ap-7f3k", rule=None)).endswith(": allowed with approval ap-7f3k.")


def test_who_approved_is_named() -> None:
    assert _told(replace(DECISION, approval="ap-7f3k", answered_by="olga")).endswith(
        "allowed by policies/triage-agent.toml, grant 1, error = write with approval ap-7f3k by olga."
    )


def test_a_later_page_is_told_from_the_first() -> None:
    assert _told(replace(READ, continued=True)).startswith(f"{_told(READ).partition(':')[0]}, continued: allowed")


def test_an_answer_says_what_was_redacted_and_whose_it_was() -> None:
    fields = tuple(f"user.field_{number}" for number in range(1, 8))

    assert _ended(replace(OUTCOME, redacted=fields[:2]), READ) == (
        "BugSnag answered 200 in 212 ms. Redacted: user.field_1, user.field_2."
    )
    assert _ended(replace(OUTCOME, redacted=fields), READ).endswith("user.field_4, user.field_5 and 2 more.")
    assert _ended(replace(OUTCOME, requests=0, shared=True), READ) == (
        "BugSnag answered 200 in 212 ms. The answer is that of an identical request in flight; this call sent none."
    )


def test_the_data_keeps_the_ids_whole() -> None:
    assert replace(tell_decision(DECISION), sentence="") == replace(DECISION, sentence="")
    assert ERROR_ID in str(tell_decision(DECISION).target)


@pytest.mark.ablation("every piece of a sentence is cleaned")
@pytest.mark.threats(25, 26)
@given(record=decisions(), outcome=outcomes(), because=st.text(st.characters(exclude_categories=())))
@example(record=replace(DECISION, rule=HOSTILE, target=HOSTILE), outcome=OUTCOME, because=HOSTILE * 100)
def test_a_sentence_is_one_bounded_printable_line_whatever_it_is_made_of(
    record: DecisionRecord, outcome: OutcomeRecord, because: str
) -> None:
    # Guards: the cleaning of each piece in sentence._piece.
    bounded = replace(outcome, duration_ms=1, requests=1, rows=1, dropped=1, status=200)
    for sentence in (_told(record, because), _outcome_in_words(record, bounded).sentence):
        assert sentence.isprintable()
        assert sentence.endswith(".")
        assert len(sentence) < 3_000


def test_how_a_trial_ended_names_the_line_of_the_policy_that_refuses_it() -> None:
    # Guards: the rule in sentence._head. The outcome's sentence is the one that `log show` prints.
    record = replace(
        READ, observed=True, reason="level_too_low", rule="policies/triage-agent.toml, grant 1, error = off"
    )

    assert "its policy refuses it: " in (told := _outcome_in_words(record, OUTCOME).sentence)
    assert " (policies/triage-agent.toml, grant 1, error = off). " in told
