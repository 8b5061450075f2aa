"""One generation, two while the model changes, and the second alone after."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from infra_checks import api, functions, roles
from infra_checks.reading import Template, named, of_type
from infra_checks.roles import Names

from imagesearch.settings import IndexRoles
from infra.app import synthesised
from infra.assets import Assets, AssetsMissing
from infra.settings import Deployment, Generation
from manage_index.custom_resource import Generation as Asked

FIRST, SECOND = Generation(number=1), Generation(number=2, model="layers/model-2", shards=5)
Stacks = tuple[Template, Template]
"""Library and service."""


def stacks(deployment: Deployment, assets: Assets, folder: Any) -> Stacks:
    synthesised(deployment, assets, folder)
    library, service = (
        json.loads((folder / f"{name}.template.json").read_bytes())
        for name in (deployment.library_stack, deployment.service_stack)
    )
    return library, service


@pytest.fixture(scope="module")
def both(assets: Assets, tmp_path_factory: pytest.TempPathFactory) -> Stacks:
    """The model changes: the new generation is filled, the old one is searched. Another page may call the API."""
    deployment = Deployment(
        profile="development",
        generations=(FIRST, SECOND),
        current=1,
        search_start="provisioned",
        cors_origins=("https://pictures.example.org", "http://localhost:3000", "http://pictures.example.net"),
    )
    return stacks(deployment, assets, tmp_path_factory.mktemp("both"))


@pytest.fixture(scope="module")
def moved(assets: Assets, tmp_path_factory: pytest.TempPathFactory) -> Stacks:
    """The new generation is searched, and the old one still follows."""
    deployment = Deployment(profile="development", generations=(FIRST, SECOND), current=2, search_start="provisioned")
    return stacks(deployment, assets, tmp_path_factory.mktemp("moved"))


@pytest.fixture(scope="module")
def second(assets: Assets, tmp_path_factory: pytest.TempPathFactory) -> Stacks:
    """It has changed, and the old generation is gone."""
    deployment = Deployment(profile="development", generations=(SECOND,), current=2)
    return stacks(deployment, assets, tmp_path_factory.mktemp("second"))


def test_both_generations_index_and_the_current_one_is_searched(both: Stacks) -> None:
    library, service = both
    ours = functions.ours(service)
    assert set(ours) == {"search_api"} | {
        f"{name}-{number}" for name in ("index_images", "backfill_images", "manage_index") for number in (1, 2)
    }
    for number in (1, 2):
        told = functions.environment(service, library, f"index_images-{number}")
        assert told["IMAGESEARCH_INDEX_URL"] == f"https://Domain.DomainEndpoint/images-g{number}"
        assert functions.layers(service, f"index_images-{number}")[-1] == f"LayersModel{number}"
    assert functions.environment(service, library, "search_api")["IMAGESEARCH_INDEX_URL"].endswith("/images-g1")
    assert functions.layers(service, "search_api")[-1] == "LayersModel1"


def test_each_generation_has_a_queue_and_touches_no_other_index(both: Stacks) -> None:
    library, service = both
    found = roles.rights(service, library)
    for number in (1, 2):
        rights = found[f"Generation{number}IndexImagesRole"]
        (queue,) = rights["sqs:ReceiveMessage"]
        assert queue.endswith(f":imagesearch-changes-{number}")
        assert rights["es:ESHttpPost"] == {f"Domain.Arn/images-g{number}/*"}


def test_what_is_searched_follows_the_setting(second: Stacks) -> None:
    library, service = second
    assert functions.environment(service, library, "search_api")["IMAGESEARCH_INDEX_URL"].endswith("/images-g2")
    assert functions.layers(service, "search_api")[-1] == "LayersModel2"
    assert roles.rights(service, library)["SearchSearchApiRole"]["es:ESHttpPost"] == {"Domain.Arn/images-g2/*"}


def test_moving_searches_changes_no_right(both: Stacks, moved: Stacks) -> None:
    """CloudFormation changes rights before functions: what serves meanwhile, or after a rollback, keeps its own."""
    before, after = (roles.rights(service, library)["SearchSearchApiRole"] for library, service in (both, moved))
    assert before == after
    for method in ("es:ESHttpGet", "es:ESHttpPost"):
        assert before[method] == {"Domain.Arn/images-g1/*", "Domain.Arn/images-g2/*"}


def test_removing_the_first_generation_leaves_the_second_one_alone(both: Stacks, second: Stacks) -> None:
    """CloudFormation knows resources by these ids: another id is another resource, and the old one is deleted."""
    for before, after in zip(both, second, strict=True):
        gone = before["Resources"].keys() - after["Resources"].keys()
        ours = {name for name in after["Resources"] if "Generation2" in name or "Management2" in name or "s2" in name}
        assert ours <= before["Resources"].keys()
        of_others = {name for name in gone if "1" not in name[:-8] and not name.startswith(("Search", "Observab"))}
        assert of_others == set(), "these went though they are not the first generation's"


@pytest.mark.parametrize("number", [1, 2])
def test_no_change_is_taken_and_nothing_is_searched_before_the_index_is_there(both: Stacks, number: int) -> None:
    _, service = both
    ready, _ = named(service, "Custom::ImagesearchIndex", f"Management{number}Index")
    _, events = named(service, "AWS::Lambda::EventSourceMapping", f"Generation{number}Events")
    assert ready in events["DependsOn"]
    _, search = named(service, "AWS::Lambda::Function", "SearchSearchApiFunction")
    assert (ready in search["DependsOn"]) == (number == 1)


def test_each_index_is_made_by_the_generations_own_function(both: Stacks) -> None:
    library, service = both
    for number in (1, 2):
        _, made = named(service, "Custom::ImagesearchIndex", f"Management{number}Index")
        names = Names(service, library)
        assert names.of(made["Properties"]["ServiceToken"]) == f"Management{number}ManageIndexFunction.Arn"
        # CloudFormation hands numbers on as text.
        properties = {**made["Properties"], "Generation": str(made["Properties"]["Generation"])}
        assert Asked.model_validate(properties).number == number


@pytest.mark.parametrize("number", [1, 2])
def test_an_index_is_written_by_its_own_generations_functions_alone(both: Stacks, number: int) -> None:
    """The domain has two roles a generation; and searches move from one to the other, so both let them in."""
    library, service = both
    told = functions.environment(service, library, f"manage_index-{number}")["IMAGESEARCH_INDEX_ROLES"]
    assert IndexRoles.model_validate_json(told) == IndexRoles(
        index=(f"Generation{number}IndexImagesRole.Arn", f"Generation{number}BackfillBackfillImagesRole.Arn"),
        search=("SearchSearchApiRole.Arn",),
    )


def test_each_index_keeps_its_own_number_of_shards(both: Stacks) -> None:
    """An index has them for life: `create` refuses another number, and the stack would roll back."""
    library, service = both
    for number, shards in ((1, "1"), (2, "5")):
        told = functions.environment(service, library, f"manage_index-{number}")
        assert told["IMAGESEARCH_INDEX_SHARDS"] == shards


def test_two_indexes_are_made_one_after_the_other(both: Stacks, second: Stacks) -> None:
    """The first one of a library becomes the current one: the earlier generation's."""
    first, _ = named(both[1], "Custom::ImagesearchIndex", "Management1Index")
    assert first in named(both[1], "Custom::ImagesearchIndex", "Management2Index")[1]["DependsOn"]
    assert "DependsOn" not in named(second[1], "Custom::ImagesearchIndex", "Management2Index")[1]


def test_who_may_use_the_domain_is_said_again_when_it_changes(both: Stacks) -> None:
    """CloudFormation calls the function again when a property of the resource changes, and not when a role does."""
    library, service = both
    _, made = named(service, "Custom::ImagesearchIndex", "Management1Index")
    told = made["Properties"]["Settings"]["IMAGESEARCH_INDEX_ROLES"]
    environment = functions.environment(service, library, "manage_index-1")
    assert Names(service, library).of(told) == environment["IMAGESEARCH_INDEX_ROLES"]


@pytest.mark.parametrize("number", [1, 2])
def test_another_version_of_the_product_or_the_model_looks_at_the_index_again(both: Stacks, number: int) -> None:
    """A layer's ARN has its version: with what is in the layer, it changes, and with it the resource."""
    _, service = both
    _, made = named(service, "Custom::ImagesearchIndex", f"Management{number}Index")
    assert made["Properties"]["Layers"] == functions.ours(service)[f"manage_index-{number}"]["Layers"]
    assert len(made["Properties"]["Layers"]) == 3


def test_batches_fail_message_by_message_and_few_run_at_once(both: Stacks) -> None:
    _, service = both
    for mapping in of_type(service, "AWS::Lambda::EventSourceMapping").values():
        properties = mapping["Properties"]
        assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert properties["ScalingConfig"] == {"MaximumConcurrency": 2}
        assert properties["BatchSize"] == 10


def test_provisioned_concurrency_keeps_one_function_warm(both: Stacks) -> None:
    _, service = both
    (alias,) = of_type(service, "AWS::Lambda::Alias").values()
    assert alias["Properties"]["ProvisionedConcurrencyConfig"] == {"ProvisionedConcurrentExecutions": 1}
    assert "SnapStart" not in functions.ours(service)["search_api"]


def test_the_gateway_calls_the_alias_where_there_is_one(both: Stacks, second: Stacks) -> None:
    for (_, service), target in ((both, "SearchSearchApiLive"), (second, "SearchSearchApiFunction")):
        uri = dict(api.routes(service))["GET /health"]["Integration"]["Uri"]["Fn::Join"][1]
        ids = [part.get("Ref") or part["Fn::GetAtt"][0] for part in uri if isinstance(part, Mapping)]
        assert any(found.startswith(target) for found in ids)


def test_another_page_that_is_named_may_call_the_api(both: Stacks) -> None:
    """Browsers ask the gateway first; CloudFront says the same of every answer, the gateway's errors too."""
    library, service = both
    api.check_routes_ask_for_a_token(service, library)
    preflight = dict(api.routes(service))["OPTIONS /{proxy+}"]["Integration"]["IntegrationResponses"][0]
    origin = preflight["ResponseParameters"]["method.response.header.Access-Control-Allow-Origin"]
    assert origin == "'https://pictures.example.org'"
    assert "http://localhost:3000" in preflight["ResponseTemplates"]["application/json"]
    _, policy = named(service, "AWS::CloudFront::ResponseHeadersPolicy", "PageHeadersApi")
    cors = policy["Properties"]["ResponseHeadersPolicyConfig"]["CorsConfig"]
    assert cors["AccessControlAllowOrigins"]["Items"][:2] == ["https://pictures.example.org", "http://localhost:3000"]
    assert cors["AccessControlAllowCredentials"] is False
    assert {"Authorization", "If-Match"} <= set(cors["AccessControlAllowHeaders"]["Items"])


def test_people_may_sign_in_on_another_page_where_cognito_sends_anybody(both: Stacks) -> None:
    """By TLS, or to their own machine."""
    _, service = both
    (client,) = of_type(service, "AWS::Cognito::UserPoolClient").values()
    ours, *others = client["Properties"]["CallbackURLs"]
    assert others == ["https://pictures.example.org/", "http://localhost:3000/"]
    assert client["Properties"]["LogoutURLs"] == [ours, *others]


def test_a_layer_that_is_not_built_is_asked_for_by_the_command_that_builds_it(assets: Assets, tmp_path: Path) -> None:
    with pytest.raises(AssetsMissing, match="run `make layers MODELS='7=layers/model-7'` first"):
        assets.model_layer(Generation(number=7, model="layers/model-7"))
    with pytest.raises(AssetsMissing, match="run `make layers ARCH=arm64` first"):
        Assets.of_checkout(tmp_path).runtime_layer("arm64")
