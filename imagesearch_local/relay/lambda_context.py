"""What Lambda gives a handler beside the event."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field

from imagesearch_local.cloud.resources import REGION

_ACCOUNT = "123456789012"


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """One invocation (https://docs.aws.amazon.com/lambda/latest/dg/python-context.html)."""

    function_name: str
    seconds: float
    """What the invocation may take."""
    memory_limit_in_mb: int = 2048
    function_version: str = "$LATEST"
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    _started: float = field(default_factory=time.monotonic)

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{_ACCOUNT}:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        return f"/aws/lambda/{self.function_name}"

    @property
    def log_stream_name(self) -> str:
        return self.aws_request_id

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round(1000 * (self.seconds - (time.monotonic() - self._started))))
