"""The manifests say what the worker understands."""

from pathlib import Path
from typing import Any

import yaml

from monitor.settings import load

BASE = Path(__file__).parents[2] / "k8s" / "base"


def containers() -> list[dict[str, Any]]:
    spec = yaml.safe_load((BASE / "worker.yaml").read_text())["spec"]["template"]["spec"]
    return [*spec["initContainers"], *spec["containers"]]


def test_the_settings_are_right() -> None:
    settings = load(BASE / "evergauge.toml", {})

    (worker,) = [c for c in containers() if c["name"] == "worker"]
    ports = {port["name"]: port["containerPort"] for port in worker["ports"]}
    assert ports == {"web": settings.worker.web_port, "metrics": settings.worker.metrics_port}


def test_every_variable_is_a_setting() -> None:
    for container in containers():
        load(None, {variable["name"]: "x" for variable in container["env"]})


def test_containers_are_locked_down() -> None:
    for container in containers():
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"]
        assert not context["allowPrivilegeEscalation"]
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]


def test_the_resources_are_listed() -> None:
    listed = yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"]

    assert sorted(listed) == sorted(f.name for f in BASE.glob("*.yaml") if f.name != "kustomization.yaml")


def test_a_worker_has_time_to_stop() -> None:
    spec = yaml.safe_load((BASE / "worker.yaml").read_text())["spec"]["template"]["spec"]

    assert spec["terminationGracePeriodSeconds"] >= 20
