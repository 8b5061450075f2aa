"""Who may do what with a generation, where OpenSearch has its security plugin (as all of Amazon's have).

Two roles a generation, on nothing but its index: one for the functions that index, one for the function that searches.
Whoever looks after generations may do everything, and needs none. The plugin's API is
https://docs.opensearch.org/docs/latest/security/access-control/api/; which permission is for what says
https://docs.opensearch.org/docs/latest/security/access-control/permissions/. A test on a real server shows that
each of these is needed, and that they are enough.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from imagesearch.adapters.opensearch.administration import LIBRARY, alias_name, physical_name
from imagesearch.adapters.opensearch.client import Connection, Json, pause, quoted
from imagesearch.adapters.opensearch.failures import IndexConflict
from imagesearch.settings import IndexRoles

_API = "/_plugins/_security/api"
_SLOW_SECONDS = 60.0
"""Of changes that all nodes must take."""
_ATTEMPTS = 12
"""The plugin keeps all roles in one document, and refuses a change of it that another one overtook."""

# A request that holds several is allowed as such, for the whole cluster, and then each that it holds.
_BOTH_CLUSTER = ("indices:data/read/mget", "indices:data/write/bulk")
_BOTH = (
    "indices:admin/mappings/get",
    "indices:data/read/mget[shard]",
    "indices:data/read/search",
    "indices:data/write/bulk[s]",
    "indices:data/write/update",
)
_INDEX_CLUSTER = _BOTH_CLUSTER
_INDEX = (*_BOTH, "indices:admin/refresh", "indices:admin/refresh[s]")
_SEARCH_CLUSTER = (*_BOTH_CLUSTER, "indices:data/read/msearch")
_SEARCH = (*_BOTH, "indices:admin/analyze")
"""Who searches writes, too: to hide what a person has just deleted."""


def role_names(number: int, *, library: str = LIBRARY) -> tuple[str, str]:
    """Of those who index, and of those who search."""
    alias = alias_name(number, library=library)
    return f"imagesearch-{alias}-index", f"imagesearch-{alias}-search"


def grant(connection: Connection, number: int, space_id: str, roles: IndexRoles, *, library: str = LIBRARY) -> None:
    """Make a generation's roles and give them to nobody but these; any number may do so at once, or again.

    The roles are on the index of that model alone: where the generation is of another one, nobody can use it any more.
    Raises IndexUnavailable; where there is no security plugin, too.
    """
    indexing, searching = role_names(number, library=library)
    index = physical_name(number, space_id, library=library)
    description = f"imagesearch: generation {number} of {library}"
    for name, role, members in (
        (indexing, _role(description, index, _INDEX_CLUSTER, _INDEX), roles.index),
        (searching, _role(description, index, _SEARCH_CLUSTER, _SEARCH), roles.search),
    ):
        _change(connection, "PUT", f"roles/{quoted(name)}", role)
        members_of = {"backend_roles": list(members), "hosts": [], "users": []}
        _change(connection, "PUT", f"rolesmapping/{quoted(name)}", members_of)


def withdraw(connection: Connection, number: int, *, library: str = LIBRARY) -> None:
    """Remove a generation's roles, from everybody. Raises IndexUnavailable."""
    for name in role_names(number, library=library):
        for kind in ("rolesmapping", "roles"):
            _change(connection, "DELETE", f"{kind}/{quoted(name)}")


def _role(description: str, index: str, cluster: Iterable[str], actions: Iterable[str]) -> Json:
    return {
        "description": description,
        "cluster_permissions": sorted(cluster),
        "index_permissions": [{"index_patterns": [index], "allowed_actions": sorted(actions)}],
    }


def _change(connection: Connection, method: str, path: str, body: Mapping[str, object] | None = None) -> None:
    """Make a change, again where another one overtook it; what is to be removed may be gone already."""
    is_removal = method == "DELETE"
    for attempt in range(_ATTEMPTS):
        try:
            connection.request(method, f"{_API}/{path}", body, seconds=_SLOW_SECONDS, absent_ok=is_removal)
            return
        except IndexConflict:
            if attempt + 1 == _ATTEMPTS:
                raise
        time.sleep(pause(attempt))
