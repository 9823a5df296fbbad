"""The keys that BugSnag documents below the free data of an event. Rule: for hints only; any other key may be there.

An app's notifier can send more, so nothing is checked or refused by these.
"""

from collections.abc import Mapping
from typing import Final

EVENT_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "app": frozenset(
        {
            "binaryArch",
            "buildUUID",
            "bundleVersion",
            "codeBundleId",
            "dsymUUIDs",
            "duration",
            "durationInForeground",
            "id",
            "inForeground",
            "isLaunching",
            "releaseStage",
            "runningOnRosetta",
            "type",
            "version",
            "versionCode",
        }
    ),
    "device": frozenset(
        {
            "batteryLevel",
            "browserName",
            "browserVersion",
            "charging",
            "cpuAbi",
            "freeDisk",
            "freeMemory",
            "hostname",
            "id",
            "jailbroken",
            "locale",
            "macCatalystIosVersion",
            "manufacturer",
            "model",
            "modelNumber",
            "orientation",
            "osName",
            "osVersion",
            "runtimeVersions",
            "time",
            "timezone",
            "totalMemory",
        }
    ),
    "request": frozenset({"clientIp", "headers", "httpMethod", "params", "referer", "url"}),
    "user": frozenset({"email", "id", "name"}),
}
"""By the field of the event, in the vendor's spelling (Data Access API, schema ``EventApiView``)."""
