"""Which answers hold outsiders' text: read off the marks of the models (THREATS row 5)."""

import pytest

from crashgate.model.untrusted import shows_untrusted
from tests.catalogue import OPERATIONS

NONE = {
    "crashgate.access.get",
    "crashgate.exports.list",
    "bugsnag.organizations.delete",
    "bugsnag.errors.delete",
    "bugsnag.errors.discard",
    "bugsnag.comments.delete",
    "bugsnag.events.delete",
    "bugsnag.trends.get_on_error",
    "bugsnag.trends.get_on_project",
    "bugsnag.span_groups.get_timeline",
    "bugsnag.span_groups.get_distribution",
    "bugsnag-sessions.sessions.report",
    "browserstack.sessions.create",
}
"""What answers with nothing, with numbers and times, or with words of our own."""


@pytest.mark.threats(5)
def test_every_answer_holds_such_text_but_for_a_few_that_are_known() -> None:
    silent = {each.id for each in OPERATIONS if not shows_untrusted(each)}

    assert {each for each in silent if not each.endswith("_many")} == NONE
    assert {each for each in silent if each.endswith("_many")} == {
        each.id for each in OPERATIONS if each.id.endswith("_many")
    }
