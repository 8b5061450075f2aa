"""The roles of a generation on a real OpenSearch with its security plugin: enough for the functions, and no more."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import patiently
import pytest
from secured_opensearch import SecuredOpenSearch, secured_opensearch

from imagesearch import bootstrap
from imagesearch.adapters.opensearch import access, administration
from imagesearch.adapters.opensearch.client import connect
from imagesearch.adapters.opensearch.failures import IndexRefused
from imagesearch.adapters.opensearch.index import OpenSearchIndex
from imagesearch.errors import IndexUnavailable
from imagesearch.settings import IndexRoles
from imagesearch_local.cloud.resources import IMAGES
from imagesearch_local.relay.lambda_context import LambdaContext
from imagesearch_local.samples.photographs import PHOTOGRAPHS
from imagesearch_local.servers.errors import ToolMissing
from manage_index.handler import ActionFailed

if TYPE_CHECKING:
    from tests.integration.conftest import Library

INDEXING = "arn:aws:iam::123456789012:role/imagesearch-service-index-images-1"
BACKFILLING = "arn:aws:iam::123456789012:role/imagesearch-service-backfill-images-1"
SEARCHING = "arn:aws:iam::123456789012:role/imagesearch-service-search-api"
ROLES = {"index": [INDEXING, BACKFILLING], "search": [SEARCHING]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredOpenSearch]:
    with ExitStack() as running:
        try:
            started = running.enter_context(secured_opensearch(tmp_path_factory.mktemp("secured")))
        except ToolMissing as error:
            pytest.skip(f"No OpenSearch with its security plugin: {error}")
        yield started


@pytest.fixture(scope="module")
def name() -> str:
    """Of a library that nobody else has."""
    return f"test{secrets.token_hex(4)}"


@pytest.fixture(scope="module")
def users(server: SecuredOpenSearch) -> dict[str, str]:
    """URLs by role."""
    return {role: server.new_user(role) for role in (INDEXING, BACKFILLING, SEARCHING)}


@dataclass(frozen=True)
class Functions:
    """The functions of one library, each with its own role."""

    library: Library
    server: SecuredOpenSearch
    users: dict[str, str]
    name: str
    photographs: Path

    def running_as(self, role: str | None, **changes: str) -> AbstractContextManager[None]:
        """The function with this role; the administrator's where it is None."""
        url = f"{self.users[role] if role else self.server.url()}/{self.name}-g1"
        return self.library.restarted(IMAGESEARCH_INDEX_URL=url, **changes)

    def manage(self, action: str, generation: int = 1, **changes: str) -> Any:
        from manage_index.handler import handler

        with self.running_as(None, IMAGESEARCH_INDEX_ROLES=json.dumps(ROLES), **changes):
            event = {"action": action, "generation": generation}
            return handler(event, LambdaContext("manage_index", 60))  # type: ignore[arg-type]  # all that is used of it

    def put(self) -> list[str]:
        """Three photographs into the bucket."""
        keys = [f"{secrets.token_hex(4)}/{photograph}" for photograph in list(PHOTOGRAPHS)[:3]]
        for key in keys:
            path = self.photographs / key.partition("/")[2]
            self.library.put(key, path, caption="A cat or a cup", tags=("things",))
        return keys

    def forget_events(self) -> None:
        """Those that wait for nothing; of others the objects are as the index has them by the time that they come."""
        url = self.library.cloud.queue_url
        while messages := self.library.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self.library.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture(scope="module")
def functions(
    bare_library: Library, server: SecuredOpenSearch, users: dict[str, str], name: str, photographs: Path
) -> Functions:
    made = Functions(bare_library, server, users, name, photographs)
    made.manage("create")
    return made


def use_as_indexer(functions: Functions) -> None:
    """All that `index_images` and `backfill_images` do: pictures, a copy, words, removals. Raises where one fails."""
    from backfill_images.handler import handler as backfill

    library = functions.library
    with functions.running_as(INDEXING):
        first, *_ = keys = functions.put()
        library.index()
        library.s3.put_object(Bucket=IMAGES, Key=f"{first}.json", Body=b'{"caption": "A toad."}')
        library.s3.copy_object(Bucket=IMAGES, Key=f"copy/{first}", CopySource={"Bucket": IMAGES, "Key": first})
        library.index()
        for key in (first, f"{first}.json", f"copy/{first}"):
            library.s3.delete_object(Bucket=IMAGES, Key=key)
        library.index()
    with functions.running_as(BACKFILLING):
        batch = {"Items": [{"Key": key} for key in keys], "BatchInput": {"bucket": IMAGES}}
        backfill(batch, LambdaContext("backfill_images", 300))  # type: ignore[arg-type]  # all that is used of it


def use_as_searcher(functions: Functions) -> None:
    """All that `search_api` does with its index. Raises where one fails."""
    with functions.running_as(INDEXING):
        functions.put()
        functions.library.index()
    with functions.running_as(None):
        bootstrap.opensearch().refresh()
    with functions.running_as(SEARCHING):
        api = functions.library.api
        hits = api.search(text="cat", expand_visually=True, explain=True, facets=["tags"])["hits"]
        one, other = hits[0]["id"], hits[1]["id"]
        api.search(image_id=one, text="cup", like=[{"image_id": other}])
        page = api.search(limit=1)
        api.search(cursor=page["cursor"])
        for path in (f"/images/{one}", f"/images/{one}/similar", "/facets", "/rejected", "/duplicates", "/health"):
            assert api.get(path).status_code == 200
        for typed in ("thi", "thigns"):
            assert api.get("/suggest", params={"q": typed}).status_code == 200
        version = api.get(f"/images/{one}").headers.get("etag", "*")
        assert api.patch(f"/images/{one}", json={"caption": "Edited"}, headers={"If-Match": version}).status_code == 202
        assert api.delete(f"/images/{one}").status_code == 202
        assert api.get(f"/images/{one}").status_code == 404
        functions.forget_events()


def test_what_indexes_and_what_searches_may_do_all_that_they_do(functions: Functions) -> None:
    use_as_indexer(functions)
    use_as_searcher(functions)


def permissions(server: SecuredOpenSearch, role: str) -> tuple[list[str], list[str]]:
    """Of the cluster, and of the index."""
    found = patiently.get(f"{server.url()}/_plugins/_security/api/roles/{role}", trust_env=False).json()[role]
    return found["cluster_permissions"], found["index_permissions"][0]["allowed_actions"]


def index_of(functions: Functions, number: int = 1) -> str:
    """The physical index of a generation of our model."""
    with functions.running_as(None):
        return administration.physical_name(number, bootstrap.manifest().space_id, library=functions.name)


@pytest.mark.parametrize("side", ["index", "search"])
def test_each_permission_is_needed(functions: Functions, server: SecuredOpenSearch, name: str, side: str) -> None:
    """Given a role that lacks one of its permissions; then what has that role fails."""
    role = dict(zip(("index", "search"), access.role_names(1, library=name), strict=True))[side]
    use = {"index": use_as_indexer, "search": use_as_searcher}[side]
    cluster, index = permissions(server, role)
    generation, needless = index_of(functions), []
    for missing in (*cluster, *index):
        assert "*" not in missing
        body = {
            "cluster_permissions": [each for each in cluster if each != missing],
            "index_permissions": [
                {
                    "index_patterns": [generation],
                    "allowed_actions": [each for each in index if each != missing],
                }
            ],
        }
        url = f"{server.url()}/_plugins/_security/api/roles/{role}"
        httpx.put(url, json=body, trust_env=False, timeout=60).raise_for_status()
        try:
            use(functions)
        except Exception:  # noqa: BLE001 - a search fails otherwise than a batch
            functions.forget_events()
        else:
            needless.append(missing)
    functions.manage("create")
    use(functions)
    assert needless == []


def test_whoever_has_no_role_may_do_nothing(functions: Functions, server: SecuredOpenSearch, name: str) -> None:
    stranger = OpenSearchIndex(connect(f"{server.new_user('arn:aws:iam::123456789012:role/other')}/{name}-g1"))
    with pytest.raises(IndexRefused):
        stranger.status()


@pytest.mark.parametrize("role", [INDEXING, SEARCHING])
def test_no_role_reaches_what_is_not_its_generations(
    functions: Functions, server: SecuredOpenSearch, users: dict[str, str], name: str, role: str
) -> None:
    """Neither another index, also of a library whose name begins as ours does; nor what belongs to whoever looks after
    the generation, nor roles themselves.
    """  # noqa: D205
    admin, function = connect(server.url()), connect(users[role])
    for index in (f"{name}-space-2", f"{name}-private-space-1"):
        if admin.request("GET", f"/{index}/_settings", absent_ok=True) is None:
            admin.request("PUT", f"/{index}")
    for method, path, body in (
        ("GET", f"/{name}-space-2/_mapping", None),
        ("POST", f"/{name}-space-2/_search", {}),
        ("GET", f"/{name}-private-space-1/_mapping", None),
        ("POST", f"/{name}-private-space-1/_search", {}),
        ("PUT", f"/{name}-space-3", None),
        ("POST", f"/{name}-g1/_delete_by_query", {"query": {"match_all": {}}}),
        ("DELETE", f"/{name}-g1/_doc/x", None),
        ("PUT", "/_scripts/other", {"script": {"lang": "painless", "source": "1"}}),
        ("POST", "/_aliases", {"actions": [{"add": {"index": f"{name}-space-2", "alias": f"{name}-g1"}}]}),
        ("GET", "/_plugins/_security/api/roles", None),
        ("GET", "/_cluster/settings", None),
    ):
        with pytest.raises(IndexRefused):
            function.request(method, path, body)


def test_roles_are_taken_from_whoever_is_no_longer_named(server: SecuredOpenSearch, name: str) -> None:
    """Given a role of two; when it is granted to another one, twice; then it is his alone."""
    admin = connect(server.url())
    role, _ = access.role_names(7, library=name)

    def members() -> list[str]:
        found: list[str] = admin.request("GET", f"/_plugins/_security/api/rolesmapping/{role}")[role]["backend_roles"]
        return found

    access.grant(admin, 7, "space", IndexRoles(index=("a", "b"), search=("c",)), library=name)
    assert sorted(members()) == ["a", "b"]
    for _ in range(2):
        access.grant(admin, 7, "space", IndexRoles(index=("d",), search=("c",)), library=name)
        assert members() == ["d"]


def roles(server: SecuredOpenSearch) -> set[str]:
    """Of all that is on the server."""
    return set(connect(server.url()).request("GET", "/_plugins/_security/api/roles"))


def test_a_dropped_generation_leaves_no_roles(functions: Functions, server: SecuredOpenSearch, name: str) -> None:
    functions.manage("create", 2)
    assert set(access.role_names(2, library=name)) <= roles(server)
    assert functions.manage("drop", 2)["dropped"] == 2
    assert not set(access.role_names(2, library=name)) & roles(server)
    assert set(access.role_names(1, library=name)) <= roles(server)


def test_a_drop_whose_roles_stay_can_be_told_to_go_on(
    functions: Functions, server: SecuredOpenSearch, name: str
) -> None:
    """Given a server that fails when the roles are to go; when dropped again; then they are gone."""

    def refuse(*_: Any, **__: Any) -> None:
        raise IndexUnavailable

    functions.manage("create", 2)
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(access, "withdraw", refuse)
        with pytest.raises(ActionFailed):
            functions.manage("drop", 2)
    assert functions.manage("drop", 2)["dropped"] == 2
    assert not set(access.role_names(2, library=name)) & roles(server)


def test_a_model_that_is_not_the_generations_takes_nobodys_role(
    functions: Functions, server: SecuredOpenSearch, name: str, tmp_path: Path
) -> None:
    """Given a deployment of another model under the number of a generation, which is refused; then all is as before."""
    with functions.running_as(None):
        ours = bootstrap.settings().model_dir / "model.json"
    (tmp_path / "model.json").write_text(json.dumps(json.loads(ours.read_bytes()) | {"space_id": "other"}))
    with pytest.raises(ActionFailed, match=r"^model-mismatch: "):
        functions.manage("create", IMAGESEARCH_MODEL_DIR=str(tmp_path))
    for role in access.role_names(1, library=name):
        found = connect(server.url()).request("GET", f"/_plugins/_security/api/roles/{role}")[role]
        assert found["index_permissions"][0]["index_patterns"] == [index_of(functions)]


def test_any_number_may_grant_roles_at_once(server: SecuredOpenSearch, name: str) -> None:
    admin = connect(server.url())
    numbers = range(21, 27)

    def grant(number: int) -> None:
        access.grant(admin, number, "space", IndexRoles(index=("a",), search=("b",)), library=name)

    with ThreadPoolExecutor(len(numbers)) as pool:
        list(pool.map(grant, numbers))
    granted = {role for number in numbers for role in access.role_names(number, library=name)}
    assert granted <= roles(server)
    with ThreadPoolExecutor(len(numbers)) as pool:
        list(pool.map(lambda number: access.withdraw(admin, number, library=name), numbers))
    assert not granted & roles(server)
