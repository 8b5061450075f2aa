"""Single requests as httpx sends them, but for its five seconds: on a busy machine servers take longer to answer."""

from __future__ import annotations

from functools import partial
from typing import Final

import httpx
from patience import PATIENCE_SECONDS

get: Final = partial(httpx.get, timeout=PATIENCE_SECONDS)
put: Final = partial(httpx.put, timeout=PATIENCE_SECONDS)
post: Final = partial(httpx.post, timeout=PATIENCE_SECONDS)
delete: Final = partial(httpx.delete, timeout=PATIENCE_SECONDS)
options: Final = partial(httpx.options, timeout=PATIENCE_SECONDS)
