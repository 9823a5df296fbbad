"""The files under deploy/: they fit each other, the settings that there are, and the paths that a server answers.

No image is built here; the manifests were checked against the schemas of Kubernetes when they were written.
"""

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from crashgate.cli.serve import serve
from crashgate.config.settings import HttpSettings, load
from crashgate.mcp.health import PATHS


@pytest.fixture
def deploy(root: Path) -> Path:
    return root / "deploy"


def _container(deploy: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The pod, and its one container."""
    document = yaml.safe_load((deploy / "kubernetes" / "statefulset.yaml").read_text(encoding="utf-8"))
    pod = document["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    return pod, container


def _settings(deploy: Path) -> dict[str, Any]:
    return tomllib.loads((deploy / "kubernetes" / "crashgate.toml").read_text(encoding="utf-8"))


def test_the_configuration_is_one_that_crashgate_takes(deploy: Path, tmp_path: Path) -> None:
    settings = load(config=deploy / "kubernetes" / "crashgate.toml", options={}, environment={}, here=tmp_path)

    assert (settings.http.host, settings.http.port) == ("0.0.0.0", 8321)  # noqa: S104 - a container's own network
    assert list(settings.connections) == ["bugsnag"]


def test_the_probes_ask_for_what_the_server_answers_on_its_port(deploy: Path) -> None:
    _, container = _container(deploy)
    probes = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}

    assert {name: probe["path"] for name, probe in probes.items()} == {
        "startup": "/livez",
        "liveness": "/livez",
        "readiness": "/readyz",
    }
    assert {probe["path"] for probe in probes.values()} == PATHS
    of_metrics = int(_settings(deploy)["metrics"]["address"].rpartition(":")[2])
    assert {each["name"]: each["containerPort"] for each in container["ports"]} == {
        "http": _settings(deploy)["http"]["port"],
        "metrics": of_metrics,
    }


def test_every_path_of_the_configuration_is_on_a_volume_and_only_state_can_be_written(deploy: Path) -> None:
    pod, container = _container(deploy)
    settings = _settings(deploy)
    mounts = {each["mountPath"]: each.get("readOnly", False) for each in container["volumeMounts"]}
    paths = (settings["policies"], settings["state"], settings["connections"]["bugsnag"]["token_file"])
    named = {each["name"] for each in pod["volumes"]} | {"state"}

    assert all(any(path.startswith(mount) for mount in mounts) for path in paths)
    assert sorted(mount for mount, fixed in mounts.items() if not fixed) == ["/tmp", "/var/lib/crashgate"]  # noqa: S108 - the pod's
    assert {each["name"] for each in container["volumeMounts"]} == named


def test_the_container_has_no_rights_that_it_does_not_need(deploy: Path) -> None:
    pod, container = _container(deploy)
    compose = yaml.safe_load((deploy / "compose.yaml").read_text(encoding="utf-8"))["services"]["crashgate"]

    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert (pod["automountServiceAccountToken"], pod["securityContext"]["runAsNonRoot"]) == (False, True)
    assert (compose["read_only"], compose["cap_drop"], compose["user"]) == (True, ["ALL"], "10001:10001")
    assert "USER 10001:10001" in (deploy / "Dockerfile").read_text(encoding="utf-8")


def test_the_network_policy_the_budget_and_the_service_are_of_the_same_pods(deploy: Path) -> None:
    folder = deploy / "kubernetes"
    names = ("service", "networkpolicy", "poddisruptionbudget")
    service, policy, budget = (yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8")) for name in names)
    labels = yaml.safe_load((folder / "statefulset.yaml").read_text(encoding="utf-8"))["spec"]["selector"][
        "matchLabels"
    ]

    assert service["spec"]["selector"] == labels
    assert policy["spec"]["podSelector"]["matchLabels"] == labels
    assert budget["spec"] == {"maxUnavailable": 1, "selector": {"matchLabels": labels}}


def test_the_kustomization_names_every_manifest(deploy: Path) -> None:
    folder = deploy / "kubernetes"
    named = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]

    assert {*named, "kustomization.yaml"} == {each.name for each in folder.glob("*.yaml")}


def test_the_service_of_systemd_starts_the_server_without_rights(deploy: Path) -> None:
    lines = (deploy / "systemd" / "crashgate.service").read_text(encoding="utf-8").splitlines()
    unit = [(name, value) for name, mark, value in (each.partition("=") for each in lines) if mark]
    command = dict(unit)["ExecStart"].split()

    words = command[command.index("serve") + 1 :]
    assert serve.make_context("serve", words).params["over_http"]
    assert {("User", "crashgate"), ("NoNewPrivileges", "yes"), ("CapabilityBoundingSet", "")} <= {*unit}
    assert {("ProtectSystem", "strict"), ("PrivateDevices", "yes"), ("SystemCallFilter", "~@privileged")} <= {*unit}
    assert int(dict(unit)["TimeoutStopSec"]) > HttpSettings().shutdown_seconds
