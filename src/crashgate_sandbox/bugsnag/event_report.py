"""A full event report. Rule: what the platform's notifier would have sent, drawn from the event's id.

Source: docs/upstreams/bugsnag.md#shapes. Both spellings of exceptions occur, by error.
"""

from datetime import timedelta
from random import Random

from crashgate_sandbox.bugsnag.answers import JsonObject
from crashgate_sandbox.bugsnag.call import Call, millis_time
from crashgate_sandbox.bugsnag.stack import exceptions_json, misses_symbols, threads_json
from crashgate_sandbox.world.draw import draw, object_id
from crashgate_sandbox.world.occurrences import Occurrence
from crashgate_sandbox.world.platform import Platform, Surface
from crashgate_sandbox.world.visits import SESSION_SECONDS

_CRUMBS = 24
_CHARGING = 0.3
_ARCHITECTURE = {"ios": ("arm64", ["arm64"]), "android": ("arm64", ["arm64-v8a", "armeabi-v7a"])}


def report_json(call: Call, one: Occurrence) -> JsonObject:
    """The event with everything that is known of it."""
    error, platform = one.error, one.error.project.plan.platform
    rng = draw(call.world.seed, "report", one.id)
    session_seconds = rng.randrange(*SESSION_SECONDS)
    body: JsonObject = {
        "id": one.id,
        "url": call.url(f"/projects/{error.project.id}/events/{one.id}"),
        "project_url": call.url(f"/projects/{error.project.id}"),
        "is_full_report": True,
        "error_id": error.id,
        "received_at": millis_time(one.at),
        "exceptions": exceptions_json(one, rng),
        "threads": threads_json(one, rng) if platform.surface in {Surface.MOBILE, Surface.DESKTOP} else [],
        "metaData": _meta_data(call, one, rng),
        "request": _request(one, platform),
        "app": _app(one, platform, session_seconds),
        "device": _device(one, rng),
        "user": {"id": one.customer.id, "name": one.customer.name, "email": one.customer.email},
        "breadcrumbs": _breadcrumbs(one, rng, session_seconds),
        "context": error.place.context,
        "severity": call.world.state(error).overridden_severity or error.kind.severity,
        "unhandled": error.kind.unhandled,
        "missing_dsym": misses_symbols(error),
        "feature_flags": _feature_flags(call, one),
        "correlation": (
            {"traceId": f"{rng.getrandbits(128):032x}", "spanId": f"{rng.getrandbits(64):016x}"}
            if platform.surface in {Surface.BROWSER, Surface.SERVER}
            else None
        ),
        "session": _session(one, rng, session_seconds),
    }
    if call.manners.old_spellings:
        body["customDiagnostics"] = {}
        body["derived"] = {"deploy": None}
    return body


def _app(one: Occurrence, platform: Platform, session_seconds: int) -> JsonObject:
    body: JsonObject = {
        "id": platform.app_id,
        "version": one.release.version,
        "releaseStage": one.release.stage,
        "type": platform.app_type,
        "duration": session_seconds * 1000,
    }
    if platform.surface is not Surface.MOBILE:
        return {**body, "codeBundleId": one.release.revision[:12]} if platform.surface is Surface.BROWSER else body
    architecture, _ = _ARCHITECTURE[platform.type]
    body.update(
        durationInForeground=session_seconds * 1000 if one.in_foreground else 0,
        inForeground=one.in_foreground,
        isLaunching=False,
        binaryArch=architecture,
    )
    build = object_id(0, "build", one.release.revision).upper()
    if platform.type == "ios":
        body.update(bundleVersion=f"{one.release.version}.1", dsymUUIDs=[build], runningOnRosetta=False)
    else:
        body.update(versionCode=int(one.release.version_code), buildUUID=build.lower())
    return body


def _device(one: Occurrence, rng: Random) -> JsonObject:
    device, platform = one.device, one.error.project.plan.platform
    body: JsonObject = {
        "osName": device.os_name,
        "osVersion": one.os_version,
        "locale": one.customer.locale,
        "timezone": one.customer.timezone,
        "time": millis_time(one.at - timedelta(seconds=rng.randrange(1, 4))),
    }
    if device.hostname:
        body["hostname"] = device.hostname
    if platform.runtime:
        body["runtimeVersions"] = dict(platform.runtime)
    if device.browser:
        body.update(browserName=device.browser, browserVersion=one.browser_version, orientation="landscape-primary")
        return body
    body.update(totalMemory=device.memory, freeMemory=int(device.memory * rng.uniform(0.03, 0.4)))
    if device.model:
        body.update(manufacturer=device.manufacturer, model=device.model)
    if platform.surface is Surface.MOBILE:
        _, abis = _ARCHITECTURE[platform.type]
        body.update(
            id=object_id(0, "device", one.customer.id),
            modelNumber=device.model_number,
            freeDisk=rng.randrange(200_000_000, 60_000_000_000),
            jailbroken=device.jailbroken,
            orientation=rng.choice(("portrait", "landscape")),
            charging=rng.random() < _CHARGING,
            batteryLevel=round(rng.uniform(0.05, 1.0), 2),
            cpuAbi=abis,
            runtimeVersions={"osBuild": "23B74" if platform.type == "ios" else "AP4A.250205.002"},
        )
        if device.os_name == "iPadOS":
            body["macCatalystIosVersion"] = one.os_version
    return body


def _request(one: Occurrence, platform: Platform) -> JsonObject:
    """The request that failed, or the page that was open. Servers send headers along, with what should not be there."""
    if platform.surface is Surface.BROWSER:
        return {"url": one.url, "clientIp": one.customer.ip, "referer": "https://www.search.example/"}
    if platform.surface is not Surface.SERVER:
        return {}
    return {
        "url": one.url,
        "clientIp": one.customer.ip,
        "httpMethod": "POST",
        "referer": "https://shop.acme.example/checkout/payment",
        "headers": {
            "Accept": "application/json",
            "Authorization": f"Bearer invented-{one.customer.id}",
            "Cookie": "[FILTERED]",
            "User-Agent": "checkout/4.18.0",
            "X-Forwarded-For": one.customer.ip,
        },
        "params": {"order_id": one.customer.id[-8:], "card": "[FILTERED]", "email": one.customer.email},
    }


def _meta_data(call: Call, one: Occurrence, rng: Random) -> JsonObject:
    """Whatever the app's programmers thought useful; key casing is theirs."""
    body: JsonObject = {
        "cart": {"lines": rng.randrange(1, 9), "currency": rng.choice(("EUR", "GBP", "USD")), "promo": "WINTER25"},
        "build": {"commit": one.release.revision[:10], "stage": one.release.stage},
    }
    if one.error.project.plan.platform.surface is Surface.SERVER:
        body["session"] = {
            "session_id": object_id(call.world.seed, "session secret", one.customer.id),
            "_csrf_token": object_id(call.world.seed, "csrf", one.customer.id),
        }
    visit = call.world.visit(one)
    if visit is not None and visit.in_report:
        body["replay"] = {"session_id": visit.id}
    for name, value in one.custom.items():
        section, _, key = name.partition(".")
        body[section] = {key: value}
    return body


def _breadcrumbs(one: Occurrence, rng: Random, session_seconds: int) -> list[JsonObject]:
    """Newest first; the same trail for everyone, entered at different places and walked at different speeds."""
    trail = one.error.project.plan.platform.trail
    number = _CRUMBS + rng.randrange(8)
    seconds = sorted((rng.uniform(0.2, session_seconds) for _ in range(number)), reverse=False)
    return [
        {
            "name": crumb.name,
            "type": crumb.type,
            "timestamp": millis_time(one.at - timedelta(seconds=ago)),
            "metaData": dict(crumb.data),
        }
        for ago, crumb in ((ago, trail[(len(trail) - 1 - place) % len(trail)]) for place, ago in enumerate(seconds))
    ]


def _feature_flags(call: Call, one: Occurrence) -> list[JsonObject]:
    return [
        {
            "feature_flag_name": name,
            "feature_flag_id": object_id(call.world.seed, "flag", name),
            "variant_name": variant,
            "variant_id": object_id(call.world.seed, "variant", name, variant) if variant else None,
        }
        for name, variant in one.flags
    ]


def _session(one: Occurrence, rng: Random, session_seconds: int) -> JsonObject | None:
    if not one.error.project.plan.daily_sessions:
        return None
    unhandled = int(one.error.kind.unhandled)
    return {
        "id": f"{rng.getrandbits(128):032x}",
        "startedAt": millis_time(one.at - timedelta(seconds=session_seconds)),
        "events": {"handled": 1 - unhandled, "unhandled": unhandled},
    }
