from datetime import UTC

from crashgate.clock import Clock, SystemClock, timestamp


def test_the_machines_clock_speaks_utc_and_does_not_go_back() -> None:
    clock: Clock = SystemClock()
    first, second = clock.monotonic(), clock.monotonic()

    assert clock.now().tzinfo is UTC
    assert timestamp(clock.now()).endswith("Z")
    assert first <= second
