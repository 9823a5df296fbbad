import pytest

from crashgate.model.access import Access
from crashgate.policy.limits import RATES, Counted, Limits, Rate, Window

ALL = Limits(rates=tuple(Rate(counted=counted, window=window, most=5) for counted, window in RATES.values()))


@pytest.mark.ablation("a delete counts among the deletes")
@pytest.mark.threats(23)
@pytest.mark.parametrize(
    ("access", "counted"),
    [
        (Access.READ, {Counted.CALLS}),
        (Access.WRITE, {Counted.CALLS, Counted.WRITES}),
        (Access.DELETE, {Counted.CALLS, Counted.DELETES}),
    ],
)
def test_each_call_is_counted_and_a_delete_is_no_write(access: Access, counted: set[Counted]) -> None:
    assert {rate.counted for rate in ALL.on(access)} == counted
    assert {rate.window for rate in ALL.on(access)} == set(Window)


def test_the_keys_are_each_thing_in_each_window_and_the_shorter_window_comes_first() -> None:
    assert list(RATES) == [
        "calls_per_minute",
        "writes_per_minute",
        "deletes_per_minute",
        "calls_per_hour",
        "writes_per_hour",
        "deletes_per_hour",
        "calls_per_day",
        "writes_per_day",
        "deletes_per_day",
    ]
    assert [rate.key for rate in ALL.rates] == list(RATES)
    assert [window.seconds for window in Window] == [60, 3600, 86_400]


def test_a_rate_is_spoken() -> None:
    assert Rate(counted=Counted.WRITES, window=Window.HOUR, most=20).spoken == "20 writes an hour"
    assert Rate(counted=Counted.CALLS, window=Window.MINUTE, most=1).spoken == "1 call a minute"
