"""The two short lists that everything is decided by."""

from crashgate.model.access import Access, Level


def test_each_level_allows_what_the_design_says() -> None:
    assert {level: {access for access in Access if level.allows(access)} for level in Level} == {
        Level.OFF: set(),
        Level.READ: {Access.READ},
        Level.WRITE: {Access.READ, Access.WRITE},
        Level.FULL: {Access.READ, Access.WRITE, Access.DELETE},
    }


def test_the_least_level_of_an_access_is_the_first_that_allows_it() -> None:
    assert {access: access.least_level for access in Access} == {
        access: next(level for level in Level if level.allows(access)) for access in Access
    }


def test_levels_stand_in_their_order() -> None:
    assert [level.value for level in sorted(Level, key=lambda level: level.rank)] == ["off", "read", "write", "full"]
