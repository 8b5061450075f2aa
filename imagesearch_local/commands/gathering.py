"""Options that several commands share, as frozen dataclasses.

Typer reads a function's parameters, and a search has forty. Here a parameter may be annotated with a dataclass whose
fields are options: Typer sees the fields, the function gets the dataclass.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from inspect import Parameter
from typing import Any, get_type_hints


def gathered(command: Callable[..., None]) -> Callable[..., None]:
    """The command as Typer should see it: each dataclass among its parameters replaced by the fields it consists of."""
    signature = inspect.signature(command, eval_str=True)
    groups: dict[str, Any] = {
        name: each.annotation for name, each in signature.parameters.items() if is_dataclass(each.annotation)
    }
    flat = [each for parameter in signature.parameters.values() for each in _flattened(parameter)]

    @functools.wraps(command)
    def called(**given: Any) -> None:
        gathered_groups = {
            name: group(**{each.name: given.pop(each.name) for each in fields(group)}) for name, group in groups.items()
        }
        command(**given, **gathered_groups)

    # What `inspect` and `typing` answer Typer.
    called.__signature__ = signature.replace(parameters=flat)  # type: ignore[attr-defined]  # any function may have it
    called.__annotations__ = {each.name: each.annotation for each in flat}
    return called


def _flattened(parameter: Parameter) -> Iterator[Parameter]:
    if not is_dataclass(parameter.annotation):
        yield parameter
        return
    types = get_type_hints(parameter.annotation, include_extras=True)
    for each in fields(parameter.annotation):
        yield Parameter(each.name, Parameter.KEYWORD_ONLY, default=_default(each), annotation=types[each.name])


def _default(option: Field[Any]) -> Any:
    if option.default is MISSING:
        raise TypeError(f"the option {option.name} has no default")
    return option.default
