"""The browsers that both web shops are used with. Rule: invented shares of real browsers."""

from crashgate_sandbox.world.platform import Device

_GIB = 1024**3

BROWSERS = (
    Device(
        browser="Chrome",
        browser_versions=("141.0.0", "142.0.0"),
        os_name="Windows",
        os_versions=("10.0", "11.0"),
        memory=16 * _GIB,
    ),
    Device(
        browser="Safari",
        browser_versions=("18.6", "26.1"),
        os_name="Mac OS X",
        os_versions=("15.7", "26.1"),
        memory=16 * _GIB,
    ),
    Device(
        browser="Mobile Safari",
        browser_versions=("18.6", "26.0"),
        os_name="iOS",
        os_versions=("18.6", "26.0"),
        memory=6 * _GIB,
        model="iPhone",
        manufacturer="Apple",
    ),
    Device(
        browser="Firefox",
        browser_versions=("144.0", "145.0"),
        os_name="Linux",
        os_versions=("x86_64",),
        memory=32 * _GIB,
    ),
    Device(
        browser="Chrome Mobile",
        browser_versions=("141.0.0",),
        os_name="Android",
        os_versions=("14", "15"),
        memory=8 * _GIB,
        model="Pixel 9",
        manufacturer="Google",
    ),
)
