"""Who may do what with a generation, where OpenSearch has its security plugin (as all of Amazon's have).

Two roles a generation, on nothing but its index: one for the functions that index, one for the function that searches.
Whoever looks after generations may do everything, and needs none. The plugin's API is
https://docs.opensearch.org/docs/latest/security/access-control/api/; which permission is for what says
https://docs.opensearch.org/docs/latest/security/access-control/permissions/. A test on a real server shows that
each of these is needed, and that they are enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from imagesearch.adapters.opensearch.administration import LIBRARY, alias_name
from imagesearch.adapters.opensearch.client import Connection, Json, quoted
from imagesearch.settings import IndexRoles

_API = "/_plugins/_security/api"
_SLOW_SECONDS = 60.0
"""Of changes that all nodes must take."""

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


def grant(connection: Connection, number: int, roles: IndexRoles, *, library: str = LIBRARY) -> None:
    """Make a generation's roles and give them to nobody but these; any number may do so at once, or again.

    Raises IndexUnavailable; where there is no security plugin, too.
    """
    indexing, searching = role_names(number, library=library)
    for name, role, members in (
        (indexing, _role(number, library, _INDEX_CLUSTER, _INDEX), roles.index),
        (searching, _role(number, library, _SEARCH_CLUSTER, _SEARCH), roles.search),
    ):
        _put(connection, f"roles/{quoted(name)}", role)
        _put(connection, f"rolesmapping/{quoted(name)}", {"backend_roles": list(members), "hosts": [], "users": []})


def withdraw(connection: Connection, number: int, *, library: str = LIBRARY) -> None:
    """Remove a generation's roles, from everybody. Raises IndexUnavailable."""
    for name in role_names(number, library=library):
        for kind in ("rolesmapping", "roles"):
            connection.request("DELETE", f"{_API}/{kind}/{quoted(name)}", seconds=_SLOW_SECONDS, absent_ok=True)


def _role(number: int, library: str, cluster: Iterable[str], index: Iterable[str]) -> Json:
    return {
        "description": f"imagesearch: generation {number} of {library}",
        "cluster_permissions": sorted(cluster),
        # Whatever the model, since the name of an index has its space.
        "index_permissions": [{"index_patterns": [f"{library}-*-{number}"], "allowed_actions": sorted(index)}],
    }


def _put(connection: Connection, path: str, body: Mapping[str, object]) -> None:
    connection.request("PUT", f"{_API}/{path}", body, seconds=_SLOW_SECONDS)
