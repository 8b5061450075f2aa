"""The Lambda functions: how they are made, and what they are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra_checks.reading import Template, of_type
from infra_checks.roles import Names

PACKAGES = ("search_api", "index_images", "backfill_images", "manage_index")


def ours(service: Template) -> dict[str, Mapping[str, Any]]:
    """Our functions' properties by name, such as `index_images-1`; `search_api` is one, whatever it serves."""
    found = {}
    for function in of_type(service, "AWS::Lambda::Function").values():
        properties = function["Properties"]
        package, _, rest = properties["Handler"].partition(".")
        if rest != "handler.handler":
            continue  # the CDK's own
        generation = properties["Description"].rpartition("(generation ")[2].rstrip(")")
        found[package if package == "search_api" else f"{package}-{generation}"] = properties
    return found


def check_every_function(service: Template, *, retention_days: int) -> None:
    """What goes for all of them: Python, traces, a log group of its own whose lines do not stay for ever."""
    groups = of_type(service, "AWS::Logs::LogGroup")
    used = []
    for name, properties in ours(service).items():
        assert properties["Runtime"] == "python3.13", name
        assert properties.get("TracingConfig") == {"Mode": "Active"}, name
        group = properties["LoggingConfig"]["LogGroup"]["Ref"]
        assert groups[group]["Properties"].get("RetentionInDays") == retention_days, name
        used.append(group)
    assert len(used) == len(set(used)), "two functions write to one log group"


def check_log_groups_forget(service: Template, *, retention_days: int) -> None:
    for name, group in of_type(service, "AWS::Logs::LogGroup").items():
        assert group["Properties"].get("RetentionInDays") == retention_days, name


def environment(service: Template, library: Template, function: str) -> Mapping[str, str]:
    """What a function is told, as text."""
    names = Names(service, library)
    variables = ours(service)[function]["Environment"]["Variables"]
    return {name: names.of(value) for name, value in variables.items()}


def layers(service: Template, function: str) -> list[str]:
    return [layer["Ref"][:-8] for layer in ours(service)[function]["Layers"]]
