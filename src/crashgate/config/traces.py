"""Traces of what is served, sent over OTLP where the environment names an endpoint.

The MCP SDK makes the spans. Sampling, headers and the rest are set by OpenTelemetry's own variables.
"""

import logging
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from crashgate import __version__

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_log = logging.getLogger(__name__)


def send_traces(environment: Mapping[str, str]) -> None:
    """From here on, send the spans of this process. Does nothing where no endpoint is set.

    Without the extra ``otel`` it warns and goes on: the variable may be meant for other programs of the user.
    """
    variable = next((name for name in _ENDPOINTS if environment.get(name)), None)
    if variable is None or environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    try:
        sdk: Any = import_module("opentelemetry.sdk.trace")
        export: Any = import_module("opentelemetry.sdk.trace.export")
        resources: Any = import_module("opentelemetry.sdk.resources")
        otlp: Any = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    except ImportError:
        _log.warning(
            "%s is set, but no traces are sent: OpenTelemetry's SDK is not installed. Run: "
            "pip install 'crashgate[otel]', or unset the variable.",
            variable,
        )
        return
    trace: Any = import_module("opentelemetry.trace")
    name = {"service.name": environment.get("OTEL_SERVICE_NAME") or "crashgate", "service.version": __version__}
    provider = sdk.TracerProvider(resource=resources.Resource.create(name))
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
