"""The resources of both stacks, and what they refer to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

STACKS = ("library", "service")


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a template."""

    stack: str
    logical_id: str
    kind: str
    properties: Mapping[str, Any]

    @property
    def key(self) -> str:
        return f"{self.stack}:{self.logical_id}"


@dataclass(frozen=True, slots=True)
class Resources:
    """All resources, by stack and logical id, in the order of their keys."""

    by_key: Mapping[str, Resource]
    exports: Mapping[str, frozenset[str]]
    """Keys of resources that a value which one stack exports is made of, by the export's name."""

    @classmethod
    def of_templates(cls, templates: Mapping[str, Mapping[str, Any]]) -> Self:
        """`templates` by the name of the stack: `library` and `service`."""
        found = [
            Resource(stack, logical_id, each["Type"], each.get("Properties", {}))
            for stack, template in templates.items()
            for logical_id, each in template["Resources"].items()
        ]
        by_key = {each.key: each for each in sorted(found, key=lambda each: each.key)}
        exports = {
            str(output["Export"]["Name"]): frozenset(f"{stack}:{name}" for name in _names(output["Value"]))
            for stack, template in templates.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }
        return cls(by_key, exports)

    @classmethod
    def of_assembly(cls, folder: Path) -> Self:
        """What `make synth` wrote. Raises FileNotFoundError where a template is missing."""
        templates = {}
        for stack in STACKS:
            found = sorted(folder.glob(f"*-{stack}.template.json"))
            if len(found) != 1:
                raise FileNotFoundError(f"There is no template of the {stack} stack in {folder}: run `make synth`.")
            templates[stack] = json.loads(found[0].read_bytes())
        return cls.of_templates(templates)

    def of_kind(self, kind: str) -> Iterator[Resource]:
        return (each for each in self.by_key.values() if each.kind == kind)

    def referred(self, stack: str, value: object) -> list[Resource]:
        """Resources of either stack that a value of a resource of `stack` is made of."""
        keys = {f"{stack}:{name}" for name in _names(value)}
        for export in _imports(value):
            keys |= self.exports[export]
        keys |= {each.key for each in self.of_kind("AWS::SQS::Queue") if _ends_with_name(value, each)}
        return [self.by_key[key] for key in sorted(keys) if key in self.by_key]


def _ends_with_name(value: object, queue: Resource) -> bool:
    """Whether an ARN is in it that ends with the queue's name: the service stack knows queues by name alone."""
    name = queue.properties.get("QueueName")
    return name is not None and any(text.endswith(f":{name}") for text in _texts(value))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


def _names(value: object) -> Iterator[str]:
    """Logical ids within a value; also names of pseudo parameters, which no resource has."""
    if isinstance(value, Mapping):
        if "Ref" in value:
            yield str(value["Ref"])
        elif "Fn::GetAtt" in value:
            yield str(value["Fn::GetAtt"][0])
        else:
            for each in value.values():
                yield from _names(each)
    elif isinstance(value, list):
        for each in value:
            yield from _names(each)


def _imports(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        if "Fn::ImportValue" in value:
            yield str(value["Fn::ImportValue"])
        else:
            for each in value.values():
                yield from _imports(each)
    elif isinstance(value, list):
        for each in value:
            yield from _imports(each)
