"""Documents that extend templates."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.cli.tool_question import answer as ask
from crashgate.cli.tool_question import could_allow
from crashgate.errors import PolicyDocumentError
from crashgate.model.access import Access, Level
from crashgate.model.scope import PROJECT
from crashgate.policy.decide import decide
from crashgate.policy.decision import Effect, Reason
from crashgate.policy.document import MAX_GRANTS, load
from crashgate.policy.limits import Approval, Counted, Limits, Rate, Window
from crashgate.policy.policy import Policy, PolicySet
from crashgate.policy.redaction import paths
from crashgate.policy.review.diff import compare
from crashgate.policy.review.explain import explain
from crashgate.policy.review.lint import lint
from crashgate.policy.templates import MOST_TEMPLATES
from tests.catalogue import CATALOGUE, RESULT_FIELDS
from tests.policy.builders import HEAD, SOURCE, VOCABULARY, place, question

TRIAGE = '[[grant]]\nconnection = "bugsnag"\naccess.error = "write"\naccess.event = "read"\n'
EXTENDS = 'extends = "templates/triage"\n'
PLACES = '[places]\nprojects = ["checkout-ios"]\n'
TEMPLATE = "policies/templates/triage.toml"
NONE = "there is none in the folder templates beside the documents"
CONNECTIONS = {"bugsnag": "bugsnag", "bugsnag-eu": "bugsnag"}


def extending(body: str, **templates: str) -> Policy:
    named = {f"templates/{name}": text for name, text in templates.items()}
    return load(HEAD + body, source=SOURCE, vocabulary=VOCABULARY, templates=named)


def problems(body: str, templates: Mapping[str, str | PolicyDocumentError]) -> list[str]:
    with pytest.raises(PolicyDocumentError) as caught:
        load(HEAD + body, source=SOURCE, vocabulary=VOCABULARY, templates=templates)
    return [str(each) for each in caught.value.problems]


def answer(policy: Policy, access: Access, project: str = "checkout-ios", resource: str = "error") -> Effect:
    return decide(policy, question(access, resource, project=place(project))).effect


def test_a_template_gives_what_its_grants_say_in_the_places_of_the_document() -> None:
    policy = extending(EXTENDS + PLACES, triage=TRIAGE)

    assert policy.grants[1].places == {PROJECT: ("checkout-ios",)}
    assert answer(policy, Access.WRITE) is Effect.ALLOW
    assert answer(policy, Access.WRITE, "payments-api") is Effect.DENY
    assert answer(policy, Access.DELETE) is Effect.DENY


def test_forty_agents_share_one_template_and_differ_in_their_places() -> None:
    policies = [extending(f'{EXTENDS}[places]\nprojects = ["team-{number}"]\n', triage=TRIAGE) for number in range(40)]

    assert [answer(policy, Access.WRITE, f"team-{number}") for number, policy in enumerate(policies)] == [
        Effect.ALLOW
    ] * 40
    assert answer(policies[0], Access.WRITE, "team-1") is Effect.DENY


def test_a_grant_of_a_template_that_names_its_places_keeps_them() -> None:
    shared = '[[grant]]\nconnection = "bugsnag"\nprojects = ["shared-web"]\naccess.error = "read"\n'
    policy = extending(EXTENDS + PLACES, triage=TRIAGE + shared)

    assert [grant.places[PROJECT] for grant in policy.grants[1:]] == [("checkout-ios",), ("shared-web",)]


def test_the_document_widens_and_off_narrows_wherever_either_is_written() -> None:
    own = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\n'
    wider = extending(EXTENDS + PLACES + own + 'access.error = "full"\n', triage=TRIAGE)
    narrower = extending(EXTENDS + PLACES + own + 'access.event = "off"\n', triage=TRIAGE)
    shut = extending(
        EXTENDS + own + 'access.error = "full"\n', triage='[off]\noperations = ["bugsnag.errors.delete"]\n'
    )

    assert answer(wider, Access.DELETE) is Effect.ALLOW
    assert answer(narrower, Access.READ, resource="event") is Effect.DENY
    assert [switch.source for switch in shut.off.all] == [TEMPLATE]
    deleting = replace(question(Access.DELETE, project=place("checkout-ios")), operation="bugsnag.errors.delete")
    assert decide(shut, deleting).reason is Reason.SWITCHED_OFF


def test_the_decision_names_the_line_of_the_template() -> None:
    policy = extending(EXTENDS + PLACES, triage="# shared\n" + TRIAGE)
    asked = question(Access.DELETE, project=place("checkout-ios"))
    decision = decide(policy, asked)

    assert decision.reason is Reason.LEVEL_TOO_LOW
    assert decision.rule is not None
    assert (decision.rule.source, decision.rule.line) == (TEMPLATE, 4)
    assert decision.rule.words() == f"{TEMPLATE}, grant 1, error = write"
    assert f'write access.error = "full" in {TEMPLATE}, grant 1 (line 4)' in explain(decision, asked)


def test_grants_are_told_apart_though_each_file_counts_its_own() -> None:
    own = '[[grant]]\nconnection = "bugsnag"\nprojects = ["payments-api"]\naccess.project = "read"\n'
    policy = extending(EXTENDS + PLACES + own, triage=TRIAGE)
    decision = decide(policy, question(Access.WRITE, project=place("checkout-ios")))

    assert [(grant.index, grant.number, grant.source) for grant in policy.grants[1:]] == [(1, 1, ""), (2, 1, TEMPLATE)]
    assert decision.buckets.elsewhere == (0, 1)


TABLES = """\
[limits]
calls_per_minute = 60
exports_kept = 5
[redact]
sets = ["people"]
[approve]
operations = ["bugsnag.errors.discard"]
after_untrusted_minutes = 60
expires_minutes = 10
ask_client = false
"""


@pytest.mark.ablation("the narrower of two numbers holds")
def test_a_table_of_a_template_can_be_made_narrower_and_not_wider() -> None:
    wider = """[limits]
calls_per_minute = 600
[redact]
fields = ["user.email"]
[approve]
operations = ["bugsnag.errors.delete"]
after_untrusted_minutes = 5
expires_minutes = 60
ask_client = true
"""
    policy = extending(EXTENDS + wider, triage=TABLES)

    assert policy.limits == Limits(rates=(Rate(counted=Counted.CALLS, window=Window.MINUTE, most=60),), exports_kept=5)
    assert (policy.redaction.fields, policy.redaction.sets) == (("user.email",), ("people",))
    assert policy.approval == Approval(
        operations=frozenset({"bugsnag.errors.discard", "bugsnag.errors.delete"}),
        expires_minutes=10,
        ask_client=False,
        after_untrusted_minutes=60,
    )
    narrower = extending(EXTENDS + "[limits]\ncalls_per_minute = 6\n[approve]\nexpires_minutes = 5\n", triage=TABLES)
    assert (narrower.limits.rates[0].most, narrower.approval.expires_minutes) == (6, 5)


def test_each_word_says_where_it_is_written() -> None:
    policy = extending(EXTENDS + "[limits]\ncalls_per_minute = 6\n", triage=TABLES)

    (calls,), (kept,) = policy.written["limits.calls_per_minute"], policy.written["limits.exports_kept"]
    assert [(each.value, each.source, each.line) for each in (calls, kept)] == [(6, SOURCE, 6), (5, TEMPLATE, 3)]


def test_lint_tells_of_a_value_that_has_no_effect() -> None:
    policy = extending(EXTENDS + "[limits]\ncalls_per_minute = 600\n[approve]\nask_client = true\n", triage=TABLES)

    told = {str(each) for each in lint(policy, VOCABULARY, CONNECTIONS, could_allow) if "no effect" in each.text}
    assert told == {
        f"{SOURCE}:6: calls_per_minute = 600 has no effect: {TEMPLATE}, line 2, says 60",
        f"{SOURCE}:8: ask_client = true has no effect: {TEMPLATE}, line 10, says false",
    }


def test_templates_extend_templates_and_each_counts_once() -> None:
    policy = extending(
        'extends = ["templates/triage", "templates/base"]\n' + PLACES,
        triage='extends = "templates/base"\n' + TRIAGE,
        base=TABLES,
    )

    assert policy.extends == ("templates/triage", "templates/base")
    assert policy.limits.exports_kept == 5


def test_the_hash_changes_with_each_template_that_counts_and_with_no_other() -> None:
    one = extending(EXTENDS + PLACES, triage=TRIAGE)
    other = extending(EXTENDS + PLACES, triage=TRIAGE + "# a comment\n")
    unused = extending(EXTENDS + PLACES, triage=TRIAGE, more=TABLES)

    assert one.hash != other.hash
    assert one.hash == unused.hash
    assert extending("").hash == extending("", triage=TRIAGE).hash


def test_a_change_of_a_template_is_a_change_of_its_policies() -> None:
    before, after = (extending(EXTENDS + PLACES, triage=text) for text in (TRIAGE, TRIAGE.replace("write", "full")))

    changes = compare(PolicySet([before]), PolicySet([after]), CONNECTIONS, ask, CATALOGUE)
    assert {each.widens for each in changes} == {True}
    assert {each.subject for each in changes} >= {"bugsnag.errors.delete"}


def test_lint_names_the_template() -> None:
    policy = extending(EXTENDS + PLACES, triage=TRIAGE.replace("write", "full"))

    assert f"{TEMPLATE}:3: grant 1 gives error = full: it may do what cannot be undone" in {
        str(each) for each in lint(policy, VOCABULARY, CONNECTIONS, could_allow)
    }


WRONG: Mapping[str, tuple[str, Mapping[str, str | PolicyDocumentError], list[str]]] = {
    "no template at all": (
        EXTENDS,
        {},
        [f"{SOURCE}:4: unknown template `templates/triage`; {NONE}"],
    ),
    "a misspelt template": (
        'extends = "templates/traige"\n',
        {"templates/triage": TRIAGE},
        [f"{SOURCE}:4: unknown template `templates/traige`; did you mean `templates/triage`?"],
    ),
    "a path": (
        'extends = ["templates/../../etc/passwd"]\n',
        {"templates/triage": TRIAGE},
        [f"{SOURCE}:4: unknown template `templates/../../etc/passwd`; what there is: templates/triage"],
    ),
    "a number": (
        "extends = 7\n",
        {},
        [f'{SOURCE}:4: `extends` is a number; write extends = ["templates/triage"], or remove the line'],
    ),
    "one that extends itself": (
        EXTENDS,
        {"templates/triage": EXTENDS},
        [f"{TEMPLATE}:1: `templates/triage` extends itself; remove this"],
    ),
    "two that extend each other": (
        EXTENDS,
        {"templates/triage": 'extends = "templates/b"\n', "templates/b": EXTENDS},
        ["policies/templates/b.toml:1: `templates/triage` extends itself by way of `templates/b`; remove this"],
    ),
    "one that cannot be read": (
        EXTENDS,
        {"templates/triage": "[[grant]\n"},
        [f"{TEMPLATE}:1: this is not TOML: Expected ']]' at the end of an array declaration"],
    ),
    "one for one agent": (
        EXTENDS,
        {"templates/triage": 'agent = "triage-agent"\nmode = "observe"\n'},
        [
            f"{TEMPLATE}:1: `agent` belongs in the document of an agent, not in a template",
            f"{TEMPLATE}:2: `mode` belongs in the document of an agent, not in a template",
        ],
    ),
    "no places": (
        EXTENDS,
        {"templates/triage": TRIAGE},
        [
            f"{TEMPLATE}:{line}: grant 1 gives access.{resource} but names no projects; write projects = [...] or"
            ' projects = ["*"] for all, or places.projects = [...] in the document that extends this'
            for line, resource in ((3, "error"), (4, "event"))
        ],
    ),
    "places that nothing takes": (
        EXTENDS + PLACES,
        {"templates/triage": TABLES},
        [f"{SOURCE}:6: no grant of a template takes these projects"],
    ),
    "a misspelt kind of place": (
        EXTENDS + PLACES + 'project = ["a"]\n',
        {"templates/triage": TRIAGE},
        [f"{SOURCE}:7: unknown key `project`; did you mean `projects`?"],
    ),
}


@pytest.mark.ablation("a template that extends itself is refused", "a template has no words of an agent")
@pytest.mark.threats(30)
@pytest.mark.parametrize(("body", "templates", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_names_file_line_and_what_is_right(
    body: str, templates: Mapping[str, str | PolicyDocumentError], expected: list[str]
) -> None:
    assert problems(body, templates) == expected


@pytest.mark.ablation("there is an end to the templates of a policy")
def test_there_is_an_end_to_templates_and_to_their_grants() -> None:
    chain = {f"templates/t{number}": f'extends = "templates/t{number + 1}"\n' for number in range(MOST_TEMPLATES + 5)}
    many = {"templates/triage": TRIAGE * 60, "templates/more": TRIAGE * 60}

    assert problems('extends = "templates/t0"\n', chain) == [
        f"policies/templates/t{MOST_TEMPLATES - 1}.toml:1: there are more than {MOST_TEMPLATES} templates in one policy"
    ]
    assert problems('extends = ["templates/triage", "templates/more"]\n' + PLACES, many) == [
        f"{SOURCE}:4: with its templates there are 120 grants; a policy may hold {MAX_GRANTS}"
    ]


_OPERATIONS = ("bugsnag.errors.delete", "bugsnag.errors.discard", "bugsnag.errors.fix")
_FIELDS = ("user.email", "message", "request.url", "metaData.*")
_names = st.lists(st.sampled_from(_OPERATIONS), max_size=2, unique=True)


def _list(key: str, names: Sequence[str]) -> str:
    return f"{key} = {[*names]}\n".replace("'", '"') if names else ""


@st.composite
def _bodies(draw: st.DrawFn) -> str:
    """The grants and tables of a document or a template."""
    off, redact, approve = _list("operations", draw(_names)), "", _list("operations", draw(_names))
    redact += _list("fields", draw(st.lists(st.sampled_from(_FIELDS), max_size=2, unique=True)))
    redact += _list("sets", draw(st.lists(st.sampled_from(["people", "network"]), max_size=1)))
    minutes = draw(st.none() | st.integers(1, 1440))
    if approve or minutes:
        approve += f"after_untrusted_minutes = {minutes}\n" if minutes else ""
        approve += draw(st.sampled_from(["", "ask_client = true\n", "ask_client = false\n", "expires_minutes = 7\n"]))
    calls = draw(st.none() | st.integers(1, 10_000))
    limits = f"calls_per_minute = {calls}\n" if calls else ""
    level = draw(st.sampled_from(Level))
    grant = f'[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-*"]\naccess.error = "{level}"\n'
    tables = {"off": off, "redact": redact, "approve": approve, "limits": limits}
    return grant + "".join(f"[{key}]\n{text}" for key, text in tables.items() if text)


@pytest.mark.threats(30)
@given(_bodies(), _bodies(), _bodies())
def test_extending_never_loses_what_a_template_or_the_document_takes_away(own: str, one: str, two: str) -> None:
    together = extending('extends = "templates/one"\n' + own, one='extends = "templates/two"\n' + one, two=two)

    for part in (
        extending(own),
        extending('extends = "templates/a"\n', a=one),
        extending('extends = "templates/a"\n', a=two),
    ):
        assert {each.name for each in part.off.all} <= {each.name for each in together.off.all}
        assert part.approval.operations <= together.approval.operations
        assert (part.approval.after_untrusted_minutes or 0) <= (together.approval.after_untrusted_minutes or 0)
        assert together.approval.expires_minutes <= part.approval.expires_minutes
        assert together.approval.ask_client <= part.approval.ask_client
        for name in RESULT_FIELDS:
            gone = list(paths(part.redaction.tree(name)))
            assert all(together.redaction.hides(name, path) for path in gone)
        for rate in part.limits.rates:
            assert any(each.key == rate.key and each.most <= rate.most for each in together.limits.rates)
        if part.grants[1].access["error"] is Level.OFF:
            assert answer(together, Access.READ) is Effect.DENY
