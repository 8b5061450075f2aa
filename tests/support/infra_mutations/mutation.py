"""A way to break a deployment, and the check that must notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra_mutations.deployed import Check, Deployed, Stack

from infra.settings import Profile


@dataclass(frozen=True)
class Mutation:
    """What somebody might do to the templates one day."""

    name: str
    change: Callable[[Deployed], None]
    caught_by: Check
    profile: Profile = "development"


def put(stack: Stack, kind: str, start: str, value: object, *path: str | int) -> Callable[[Deployed], None]:
    """Set what lies at `path` below the properties of the one resource of that name."""

    def change(deployed: Deployed) -> None:
        found: Any = deployed.properties(stack, kind, start)
        for step in path[:-1]:
            found = found[step]
        found[path[-1]] = value

    return change


def drop(stack: Stack, kind: str, start: str, *path: str | int) -> Callable[[Deployed], None]:
    """Remove what lies at `path` below the properties, or all of the resource where there is no path."""

    def change(deployed: Deployed) -> None:
        if not path:
            resource = deployed.named(stack, kind, start)
            resources = (deployed.library if stack == "library" else deployed.service)["Resources"]
            del resources[next(name for name, each in resources.items() if each is resource)]
            return
        found: Any = deployed.properties(stack, kind, start)
        for step in path[:-1]:
            found = found[step]
        del found[path[-1]]

    return change


def drop_denials(stack: Stack, kind: str, start: str) -> Callable[[Deployed], None]:
    """Forget what a resource's policy forbids: TLS, above all."""

    def change(deployed: Deployed) -> None:
        document = deployed.properties(stack, kind, start)["PolicyDocument"]
        document["Statement"] = [each for each in document["Statement"] if each["Effect"] != "Deny"]

    return change


def add_statement(stack: Stack, kind: str, start: str, **statement: object) -> Callable[[Deployed], None]:
    """Allow something more in a policy."""

    def change(deployed: Deployed) -> None:
        document = deployed.properties(stack, kind, start)["PolicyDocument"]
        document["Statement"] = [*document["Statement"], {"Effect": "Allow", **statement}]

    return change


def without_conditions(
    stack: Stack, kind: str, start: str, document: str = "PolicyDocument"
) -> Callable[[Deployed], None]:
    """Allow whatever a policy allows under any condition."""

    def change(deployed: Deployed) -> None:
        for statement in deployed.properties(stack, kind, start)[document]["Statement"]:
            if statement["Effect"] == "Allow":
                statement.pop("Condition", None)

    return change
