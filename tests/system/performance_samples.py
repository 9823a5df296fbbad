"""One call for each operation of BugSnag's performance monitoring."""

from collections.abc import Mapping

from tests.system.sample import Sample

_CART = "1.view_load.UIKit/CartViewController"


def _on_span_group(show: str, below: str) -> Sample:
    return Sample(
        tool="list_span_groups",
        arguments=lambda here: {"project_id": here.slug, "span_group_id": _CART, "show": show},
        path=f"/projects/{{project}}/span_groups/{{span_group}}{below}",
        holds="performance",
    )


PERFORMANCE: Mapping[str, Sample] = {
    "bugsnag.span_groups.list": Sample(
        tool="list_span_groups",
        arguments=lambda here: {"project_id": here.slug},
        path="/projects/{project}/span_groups",
        holds="performance",
    ),
    "bugsnag.span_groups.get": _on_span_group("group", ""),
    "bugsnag.span_groups.get_timeline": _on_span_group("timeline", "/timeline"),
    "bugsnag.span_groups.get_distribution": _on_span_group("distribution", "/distribution"),
    "bugsnag.span_groups.list_trace_fields": Sample(
        tool="list_span_groups",
        arguments=lambda here: {"project_id": here.slug, "show": "trace_fields"},
        path="/projects/{project}/trace_fields",
        holds="performance",
    ),
    "bugsnag.span_groups.get_network_grouping": Sample(
        tool="list_span_groups",
        arguments=lambda here: {"project_id": here.slug, "show": "network_grouping"},
        path="/projects/{project}/network_endpoint_grouping",
        holds="performance",
    ),
    "bugsnag.span_groups.replace_network_grouping": Sample(
        tool="replace_network_grouping",
        arguments=lambda here: {"project_id": here.slug, "endpoints": ["api.acme.example/v2/{id}"]},
        method="PUT",
        path="/projects/{project}/network_endpoint_grouping",
        holds="network_grouping",
    ),
    "bugsnag.spans.list_on_group": Sample(
        tool="list_spans",
        arguments=lambda here: {"project_id": here.slug, "span_group_id": _CART},
        path="/projects/{project}/span_groups/{span_group}/spans",
        holds="spans",
    ),
    "bugsnag.spans.list_on_trace": Sample(
        tool="list_spans",
        arguments=lambda here: {"project_id": here.slug, "trace_id": here.trace()},
        path="/projects/{project}/traces/{trace}/spans",
        holds="spans",
    ),
}
