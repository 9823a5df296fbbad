"""What may be asked at all. Rule: only plain values, for another type could compare equal to whatever a grant names."""

from typing import cast

from crashgate.catalogue.access import Access
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.scope import Dimension
from crashgate.policy.question import Place, Question


def refuse_lookalikes(question: object) -> None:
    """Raises TypeError for whatever is not a question made of plain values (THREATS row 33)."""
    if type(question) is not Question:
        raise TypeError("this is not a question")
    texts: tuple[object, ...] = (question.agent, question.connection, question.operation, question.resource)
    for text in texts:
        if type(text) is not str and type(text) is not Provider:
            raise TypeError("a question's words are plain text")
    access: object = question.access
    dimension: object = question.dimension
    if type(access) is not Access or type(dimension) is not Dimension:
        raise TypeError("a question's access and dimension come from the catalogue")
    if not _are_plain(question.parameters):
        raise TypeError("a question's parameters are a set of plain names")
    places: tuple[object, ...] = (
        question.organization,
        question.project,
        question.environment,
        question.platform,
        question.app,
    )
    for place in places:
        if place is not None and (type(place) is not Place or not _are_plain(place.names)):
            raise TypeError("a question's places are sets of plain names")


def _are_plain(names: object) -> bool:
    if type(names) is not frozenset:
        return False
    for name in cast("frozenset[object]", names):  # noqa: SIM110 - a generator costs more than the look, and this runs for every decision
        if type(name) is not str:
            return False
    return True
