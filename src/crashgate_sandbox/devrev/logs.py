"""Logs of crashed and hung sessions, as text. Rule: invented, in the form of the platform's own reports.

The message of an exception is what an outsider writes most easily; every third one is hostile.
"""

from crashgate.clock import timestamp
from crashgate_sandbox.devrev.apps import Platform
from crashgate_sandbox.devrev.sessions import Session
from crashgate_sandbox.world.content.hostile import HOSTILE

_ANDROID = (
    ("java.lang.NullPointerException", "Attempt to invoke virtual method 'Order.getId()' on a null object reference"),
    ("java.lang.IllegalStateException", "Fragment AddressFragment not attached to an activity"),
    ("java.net.SocketTimeoutException", "failed to connect to api.acme.example/192.0.2.17 after 10000ms"),
    ("kotlinx.serialization.SerializationException", "Unexpected JSON token at offset 118: expected '}'"),
)
_IOS = (
    ("NSInvalidArgumentException", "-[NSNull length]: unrecognized selector sent to instance 0x1f2a6c0e8"),
    ("NSRangeException", "*** -[__NSArrayM objectAtIndex:]: index 3 beyond bounds [0 .. 2]"),
    ("NSInternalInconsistencyException", "Invalid update: invalid number of rows in section 0"),
)
_WEB = (
    ("TypeError", "Cannot read properties of undefined (reading 'total')"),
    ("ChunkLoadError", "Loading chunk 417 failed."),
)
_ERRORS = {Platform.ANDROID: _ANDROID, Platform.IOS: _IOS, Platform.WEB: _WEB}
_HOSTILE_EVERY = 3


def exception(session: Session) -> tuple[str, str]:
    """Class and message of what a session failed with."""
    if session.crashed_with is not None:
        return session.crashed_with
    rng = session.rng("exception")
    name, message = rng.choice(_ERRORS[session.platform])
    hostile = session.number // 8 % _HOSTILE_EVERY == 0
    return name, HOSTILE[session.number % len(HOSTILE)] if hostile else message


def log(session: Session) -> str | None:
    """The text of the report; None for a session that neither crashed nor hung."""
    if session.is_crash:
        return _ios_crash(session) if session.platform is Platform.IOS else _android_crash(session)
    return _anr(session) if session.is_anr else None


def _android_crash(session: Session) -> str:
    name, message = exception(session)
    package = session.app.version_key
    line = session.rng("line").randrange(20, 240)
    return "\n".join(
        (
            "FATAL EXCEPTION: main",
            f"Process: {package}, PID: {session.rng('pid').randrange(2000, 32000)}",
            f"Time: {timestamp(session.created_at)}",
            f"{name}: {message}",
            f"\tat {package}.payment.PaymentViewModel.confirm(PaymentViewModel.kt:{line})",
            f"\tat {package}.payment.PaymentActivity.onPay(PaymentActivity.kt:{line + 31})",
            "\tat android.view.View.performClick(View.java:7659)",
            "\tat android.os.Handler.handleCallback(Handler.java:959)",
            "\tat android.os.Looper.loop(Looper.java:317)",
            "\tat android.app.ActivityThread.main(ActivityThread.java:8705)",
        )
    )


def _ios_crash(session: Session) -> str:
    name, message = exception(session)
    return "\n".join(
        (
            f"Hardware Model:      {session.manufacturer}",
            f"Identifier:          {session.app.version_key}",
            f"Version:             {session.app_version}",
            f"Date/Time:           {timestamp(session.created_at)}",
            "Exception Type:      EXC_CRASH (SIGABRT)",
            "Application Specific Information:",
            f"*** Terminating app due to uncaught exception '{name}', reason: '{message}'",
            "",
            "Thread 0 Crashed:",
            "0   libsystem_kernel.dylib        0x00000001e4b2a1dc __pthread_kill + 8",
            "1   CoreFoundation                0x000000018f0c9e38 __exceptionPreprocess + 164",
            "2   Checkout                      0x0000000104a5c7f0 OrderReviewController.submit(_:) + 412",
            "3   UIKitCore                     0x0000000191b3a2c4 -[UIApplication sendAction:to:from:forEvent:] + 100",
        )
    )


def _anr(session: Session) -> str:
    package = session.app.version_key
    return "\n".join(
        (
            f"ANR in {package} ({package}/.cart.CartActivity)",
            "Reason: Input dispatching timed out (waited 5003ms for MotionEvent)",
            f"CPU usage from 0ms to 5126ms later: {session.rng('cpu').randrange(40, 99)}% {package}",
            '"main" prio=5 tid=1 Blocked',
            f"  at {package}.cart.CartStore.load(CartStore.kt:88)",
            "  - waiting to lock <0x0e7a1c55> held by thread 23",
            f"  at {package}.cart.CartActivity.onResume(CartActivity.kt:61)",
        )
    )
