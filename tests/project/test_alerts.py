"""The alerts that are shipped: rules as Prometheus takes them, on metrics that there are, and told in the pages."""

import re
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import Metric

from crashgate.config.metrics import Metrics
from crashgate.storage.freezes import FreezeFile
from crashgate.storage.policy_files import PolicyFiles
from tests.house import EXAMPLES
from tests.policy.builders import VOCABULARY

_NAME = re.compile(r"\bcrashgate_\w+")
_DURATION = re.compile(r"[1-9][0-9]*[smhd]")


def _rules(root: Path) -> list[dict[str, Any]]:
    document = yaml.safe_load((root / "deploy" / "prometheus" / "crashgate.rules.yaml").read_text(encoding="utf-8"))
    (group,) = document["groups"]
    assert set(document) == {"groups"}
    assert set(group) == {"name", "rules"}
    rules: list[dict[str, Any]] = group["rules"]
    return rules


def _samples(metric: Metric) -> set[str]:
    """The names of its samples, also where there is none yet."""
    more = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "info": ("_info",)}
    return {metric.name + suffix for suffix in more.get(metric.type, ("",))}


def test_every_rule_has_the_form_that_prometheus_takes(root: Path) -> None:
    rules = _rules(root)

    assert len({each["alert"] for each in rules}) == len(rules)
    for each in rules:
        assert set(each) - {"for"} == {"alert", "expr", "labels", "annotations"}
        assert each["labels"]["severity"] in {"critical", "warning"}
        assert set(each["annotations"]) == {"summary"}
        assert _DURATION.fullmatch(each.get("for", "1m"))
        assert each["expr"].count("(") == each["expr"].count(")")


def test_every_rule_asks_for_metrics_that_there_are(root: Path, tmp_path: Path) -> None:
    metrics = Metrics(())
    metrics.show(PolicyFiles(folder=EXAMPLES, vocabulary=VOCABULARY), FreezeFile(tmp_path))
    there = {name for each in metrics.registry.collect() for name in _samples(each)}
    asked = {name for each in _rules(root) for name in _NAME.findall(each["expr"])}

    assert asked
    assert asked <= there


def test_every_alert_is_told_in_the_page(root: Path) -> None:
    page = (root / "docs" / "operating.md").read_text(encoding="utf-8")

    assert [each["alert"] for each in _rules(root) if f"`{each['alert']}`" not in page] == []
