"""The fields of performance monitoring in the vendor's published document, and in the declarations made from it.

``shapes.json`` lacks them. Facts only: names, types, and which are required (docs/upstreams/bugsnag.md#performance).
"""

from collections.abc import Mapping

Rules = Mapping[str, Mapping[str, str | bool]]


def _fields(**kinds: str) -> Rules:
    """A type that ends in a question mark may be absent."""
    return {
        name.rstrip("_"): {"type": kind.removesuffix("?"), "required": not kind.endswith("?")}
        for name, kind in kinds.items()
    }


PERFORMANCE_SCHEMAS: Mapping[str, Rules] = {
    "SpanGroup": _fields(
        id="string",
        category="SpanGroupCategory",
        name="string",
        display_name="string",
        is_starred="boolean | null?",
        statistics="SpanGroupStatistics?",
        performance_target="PerformanceTarget?",
    ),
    "SpanGroupStatistics": _fields(
        duration_statistics="SpanGroupDurationStatistics",
        total_spans="number",
        estimated_spans="number | null?",
        last_seen="string",
        category_statistics="object?",
        rendering_statistics="object?",
        system_metrics_statistics="object?",
        http_statistics="SpanGroupHttpStatistics?",
    ),
    "SpanGroupDurationStatistics": _fields(p50="number", p75="number", p90="number", p95="number", p99="number"),
    "SpanGroupHttpStatistics": _fields(response_codes="SpanGroupHttpResponseCodes?"),
    "SpanGroupHttpResponseCodes": _fields(
        total_spans="number",
        codes_1xx="number",
        codes_2xx="number",
        codes_3xx="number",
        codes_4xx="number",
        codes_5xx="number",
    ),
    "PerformanceTarget": _fields(
        id="string",
        project_id="string",
        type="PerformanceTargetType",
        span_group="PerformanceTargetSpanGroupDetails",
        config="PerformanceTargetConfiguration",
    ),
    "PerformanceTargetSpanGroupDetails": _fields(
        category="SpanGroupCategory", id="string | null?", display_name="string | null?"
    ),
    "PerformanceTargetConfiguration": _fields(
        state="PerformanceTargetState",
        warning_performance="PerformanceTargetConfigurationThreshold?",
        critical_performance="PerformanceTargetConfigurationThreshold?",
    ),
    "PerformanceTargetConfigurationThreshold": _fields(duration="number"),
    "SpanGroupTimelinePoint": _fields(bucket_start="string", bucket_end="string", statistics="SpanGroupStatistics?"),
    "SpanGroupDistributionPoint": _fields(bucket_min="number", bucket_max="number", total_spans="number"),
    "TraceField": _fields(
        display_id="string",
        filter_options="TraceFieldOptions",
        custom="boolean",
        metadata_key="string | null?",
        metadata_location="TraceFieldMetadataLocation?",
        field_type="TraceFieldType?",
    ),
    "TraceFieldOptions": _fields(
        name="string",
        description="string",
        values="Array<TraceFieldOptionValue>?",
        match_types="Array<PerformanceFilterMatchType>",
        searchable="boolean",
    ),
    "TraceFieldOptionValue": _fields(id="string", name="string"),
    "ProjectNetworkGroupingRuleset": _fields(project_id="string", endpoints="Array<string>"),
    "Span": _fields(
        id="string",
        parent_span_id="string?",
        trace_id="string",
        category="SpanGroupCategory",
        name="string",
        display_name="string",
        duration="number",
        timestamp="string",
        time_adjustment_type="SpanTimeAdjustmentType",
        start_time="string",
        is_first_class="boolean",
        build_id="string?",
        project_id="string?",
        span_group_id="string?",
        virtual_span_group_id="string?",
        statistics="SpanStatistics?",
        # One object in the document; a list of them is our guess, so any JSON passes here.
        metadata="any?",
    ),
    "SpanStatistics": _fields(
        category_statistics="object?",
        system_metric_statistics="object?",
        rendering_statistics="object?",
        http_statistics="SpanHttpStatistics?",
    ),
    "SpanHttpStatistics": _fields(response_code="number"),
}

PERFORMANCE_WORDS: Mapping[str, list[str]] = {
    "SpanGroupCategory": [
        "app_start",
        "view_load",
        "page_load",
        "route_change",
        "full_page_load",
        "network",
        "custom",
        "navigation",
        "inbound_http",
        "outbound_http",
        "inbound_rpc",
        "outbound_rpc",
        "custom_server",
        "frozen_frame",
    ],
    "PerformanceTargetType": ["category", "span_group"],
    "PerformanceTargetState": ["enabled", "disabled"],
    "PerformanceFilterMatchType": ["eq", "ne", "lt", "gt", "empty"],
    "SpanTimeAdjustmentType": ["adjusted", "device", "received", "unadjusted"],
    "TraceFieldMetadataLocation": ["span_attribute", "resource_attribute"],
    "TraceFieldType": ["string", "boolean", "number"],
}
