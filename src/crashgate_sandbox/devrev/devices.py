"""What sessions run on. Rule: real models with the systems that they run; a web session's model is its browser (G)."""

from collections.abc import Mapping
from dataclasses import dataclass

from crashgate_sandbox.devrev.apps import Platform


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """One model. ``systems`` are pairs of system version and SDK level; screens are in pixels, memory in MiB (G)."""

    manufacturer: str
    model: str
    systems: tuple[tuple[str, str], ...]
    width: int
    height: int
    ram: int


DEVICES: Mapping[Platform, tuple[Device, ...]] = {
    Platform.ANDROID: (
        Device(
            manufacturer="Google",
            model="Pixel 9",
            systems=(("15", "35"), ("16", "36")),
            width=1080,
            height=2424,
            ram=12288,
        ),
        Device(
            manufacturer="samsung",
            model="SM-S928B",
            systems=(("14", "34"), ("15", "35")),
            width=1440,
            height=3120,
            ram=12288,
        ),
        Device(manufacturer="samsung", model="SM-A155F", systems=(("14", "34"),), width=1080, height=2340, ram=4096),
        Device(manufacturer="Xiaomi", model="23124RA7EO", systems=(("13", "33"),), width=1080, height=2400, ram=6144),
    ),
    Platform.IOS: (
        Device(
            manufacturer="Apple",
            model="iPhone17,3",
            systems=(("18.7", "18.7"), ("26.1", "26.1")),
            width=1179,
            height=2556,
            ram=8192,
        ),
        Device(
            manufacturer="Apple", model="iPhone14,5", systems=(("17.6.1", "17.6"),), width=1170, height=2532, ram=4096
        ),
        Device(manufacturer="Apple", model="iPad13,16", systems=(("18.6", "18.6"),), width=1640, height=2360, ram=8192),
    ),
    Platform.WEB: (
        Device(
            manufacturer="Google", model="Chrome 142", systems=(("Windows 11", ""),), width=1920, height=1080, ram=8192
        ),
        Device(
            manufacturer="Apple", model="Safari 26.1", systems=(("macOS 26.1", ""),), width=1512, height=982, ram=8192
        ),
        Device(
            manufacturer="Mozilla", model="Firefox 145", systems=(("Ubuntu", ""),), width=2560, height=1440, ram=8192
        ),
    ),
}

NETWORKS = ("WiFi", "WiFi", "5G", "4G", "unknown")
PLUG_SDKS: Mapping[Platform, str] = {Platform.ANDROID: "2.2.6", Platform.IOS: "2.2.4", Platform.WEB: "1.4.0"}
