"""What `manage_index` can be asked, and how it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from imagesearch.errors import InvalidRequest

Action = Literal["create", "status", "verify", "switch", "rollback", "drop", "sweep"]


class ManageEvent(BaseModel):
    """One thing to do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: Action
    """What each does says `actions.py`."""
    generation: int | None = Field(default=None, ge=1)
    """Which one; by default that of the function's own index URL."""
    after: str = ""
    """Of `sweep`: the key to go on from, as the answer to the one before told."""


def event_of(event: Mapping[str, Any]) -> ManageEvent:
    """Raises InvalidRequest, which says what is wrong with it."""
    try:
        return ManageEvent.model_validate(event)
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, each['loc'])) or 'event'}: {each['msg']}" for each in error.errors())
        raise InvalidRequest("; ".join(wrong)) from error
