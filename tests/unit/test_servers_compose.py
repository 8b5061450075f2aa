"""compose.yaml, which can't be run everywhere: what must hold of it all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # its types are a package of their own

from imagesearch_local.commands.servers import DOCKER_URL
from imagesearch_local.paths import CHECKOUT
from imagesearch_local.servers.java import Java
from imagesearch_local.servers.opensearch import Plan, prepare

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((CHECKOUT / "compose.yaml").read_text("utf-8"))["services"]


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_pinned_healthy_and_for_this_machine_alone(name: str) -> None:
    service = SERVICES[name]
    _, _, tag = service["image"].rpartition(":")
    assert tag.count(".") == 2
    assert service["healthcheck"]["test"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_up_looks_for_opensearch_where_compose_has_it() -> None:
    [port] = SERVICES["opensearch"]["ports"]
    assert f"http://{port.rpartition(':')[0]}" == DOCKER_URL


def test_opensearch_refuses_web_pages_as_the_one_without_docker_does(tmp_path: Path) -> None:
    plan = Plan(Java("java", 17), jars=tmp_path, data=tmp_path, port=9250)
    prepare(plan)
    own = yaml.safe_load((tmp_path / "node_1" / "config" / "opensearch.yml").read_text("utf-8"))
    said = {name: str(value).lower() for name, value in own.items() if name.startswith("http.cors.")}
    assert said.items() <= SERVICES["opensearch"]["environment"].items()
    assert len(said) == 2
