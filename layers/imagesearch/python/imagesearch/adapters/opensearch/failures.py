"""What goes wrong between us and OpenSearch, as the port's own errors: the one place that knows both."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

from opensearchpy.exceptions import ConnectionError as Unreachable
from opensearchpy.exceptions import ConnectionTimeout, SerializationError, SSLError, TransportError

from imagesearch.errors import IndexMissing, IndexUnavailable

TRANSIENT = frozenset({429, 502, 503, 504})
_MISSING = frozenset({"index_not_found_exception", "alias_not_found_exception", "aliases_not_found_exception"})
_NO_SHARD = frozenset({"no_shard_available_action_exception", "unavailable_shards_exception"})
_TIME_EXCEEDED = ("query_phase_execution_exception", "Time exceeded")
"""How OpenSearch answers, with status 500, where its own time was up and part of an answer is not allowed."""
_UNREACHABLE = "The index can't be reached."
TOO_SLOW = "The index did not answer in time."


class IndexRefused(IndexUnavailable):
    """Asking again would change nothing: somebody has to mend something first."""


class CredentialsRefused(IndexRefused):
    """Who we are, or what we may do. What was just allowed takes a while to be known everywhere."""


class IndexConflict(IndexUnavailable):
    """Somebody else changed the same thing at the same time, and was faster."""


class IndexTooSlow(IndexUnavailable):
    """Nobody knows what became of the request."""


def error_of(status: int, answer: Mapping[str, Any]) -> IndexUnavailable | IndexMissing:
    """What an error in an answer means, in a sentence for people; it names neither host nor user."""
    causes = _causes(answer.get("error"))
    kinds = {kind for kind, _ in causes}
    if kinds & _MISSING:
        return IndexMissing(
            "There is no index behind the alias that is asked: run manage_index (locally: imagesearch index create)."
        )
    if _TIME_EXCEEDED in causes:
        return IndexTooSlow(TOO_SLOW)
    if "cluster_block_exception" in kinds and status != 503:  # 503: there is no master yet
        return IndexUnavailable("The index is blocked: it is out of space or memory, or an operator blocked it.")
    if kinds & _NO_SHARD or (status == 503 and "search_phase_execution_exception" in kinds):
        return IndexUnavailable("The index is red: not all of its shards are available.")
    return _of_status(status) or IndexRefused(
        f"The index refused a request (status {status}: {', '.join(sorted(kinds)) or 'no reason'})."
    )


def _of_status(status: int) -> IndexUnavailable | None:
    if status == 429:
        return IndexUnavailable("The index is overloaded right now.")
    if status in {401, 403}:
        return CredentialsRefused("The index refuses our credentials.")
    if status == 409:
        return IndexConflict("Somebody else changed the same at the same time.")
    if status in TRANSIENT:
        return IndexUnavailable(f"The index is not available right now (status {status}).")
    return None


def may_pass(error: TransportError | SerializationError) -> bool:
    """Whether the same request may fare better in a moment. What took too long would take as long again."""
    if isinstance(error, SerializationError):  # an answer cut short
        return True
    if isinstance(error, ConnectionTimeout) or _is_distrust(error):
        return False
    return isinstance(error, Unreachable) or error.status_code in TRANSIENT


def raised_as(error: TransportError | SerializationError) -> IndexUnavailable | IndexMissing:
    """What the client raised, as the port's error."""
    if isinstance(error, SerializationError):
        return IndexUnavailable("The index gave an answer that can't be read.")
    if isinstance(error, ConnectionTimeout):
        return IndexTooSlow(TOO_SLOW)
    if _is_distrust(error):
        return IndexRefused("The index can't be reached: its certificate is not trusted.")
    if isinstance(error, Unreachable):
        return IndexUnavailable(_UNREACHABLE)
    return error_of(int(error.status_code), error.info if isinstance(error.info, Mapping) else {})


def _is_distrust(error: TransportError) -> bool:
    """Whether it is the certificate that ends a handshake. One that is merely cut may succeed in a moment."""
    if not isinstance(error, SSLError):
        return False
    reason = error.info  # urllib3's error, around that of the standard library
    return isinstance(reason, Exception) and any(isinstance(each, ssl.SSLCertVerificationError) for each in reason.args)


def _causes(error: Any) -> frozenset[tuple[str, str]]:
    """The types and reasons of an error and of what caused it."""
    if not isinstance(error, Mapping):
        return frozenset()
    inner = [*error.get("root_cause", ()), error.get("caused_by")]
    found = frozenset[tuple[str, str]]().union(*map(_causes, inner))
    return found | {(str(error["type"]), str(error.get("reason")))} if "type" in error else found
