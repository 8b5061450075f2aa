"""What functions are told is what they read: `imagesearch.settings` and the template, name by name."""

from __future__ import annotations

import inspect

import pytest
from infra_checks import functions
from infra_checks.reading import Template
from pydantic_settings import BaseSettings

from imagesearch import settings
from infra.settings import Profile

NAMES = ["search_api", "index_images-1", "backfill_images-1", "manage_index-1"]
OURS = "IMAGESEARCH_"
POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}
EVERYWHERE = {
    "IMAGESEARCH_IMAGE_BUCKET": "BucketsImages",
    "IMAGESEARCH_DERIVED_BUCKET": "BucketsDerived",
    "IMAGESEARCH_INDEX_URL": "https://Domain.DomainEndpoint/images-g1",
    "IMAGESEARCH_INDEX_SIGV4": "true",
}


def classes() -> list[type[BaseSettings]]:
    """All that the product reads from its environment."""
    found = [each for _, each in inspect.getmembers(settings, inspect.isclass) if issubclass(each, BaseSettings)]
    return [each for each in found if each is not BaseSettings]


def variables(of: type[BaseSettings], *, required: bool = False) -> set[str]:
    prefix = of.model_config["env_prefix"]
    fields = of.model_fields.items()
    return {f"{prefix}{name}".upper() for name, field in fields if field.is_required() or not required}


@pytest.mark.parametrize("name", NAMES)
def test_no_function_is_told_what_nobody_reads(service: Template, library: Template, name: str) -> None:
    told = functions.environment(service, library, name)
    known = set().union(*(variables(each) for each in classes()))
    assert {variable for variable in told if variable.startswith(OURS)} - known == set()
    assert {variable for variable in told if not variable.startswith(OURS)} == POWERTOOLS


@pytest.mark.parametrize("name", NAMES)
def test_every_function_is_told_what_it_can_not_do_without(service: Template, library: Template, name: str) -> None:
    told = functions.environment(service, library, name)
    assert variables(settings.Settings, required=True) <= set(told)
    assert {variable: told[variable] for variable in EVERYWHERE} == EVERYWHERE


def test_who_answers_in_pages_knows_where_the_secret_is_and_nobody_else(service: Template, library: Template) -> None:
    told = {name: functions.environment(service, library, name) for name in NAMES}
    knowing = {name: each["IMAGESEARCH_CURSOR_SECRET_ID"] for name, each in told.items() if _knows_secret(each)}
    assert knowing == {"search_api": "CursorSecret"}
    assert not any("IMAGESEARCH_CURSOR_SECRET" in each for each in told.values()), "the secret itself is nowhere"


def _knows_secret(told: object) -> bool:
    return isinstance(told, dict) and "IMAGESEARCH_CURSOR_SECRET_ID" in told


def test_who_makes_the_index_knows_its_shape_and_who_may_use_it(
    service: Template, library: Template, profile: Profile
) -> None:
    told = functions.environment(service, library, "manage_index-1")
    production = profile == "production"
    assert told["IMAGESEARCH_INDEX_SHARDS"] == ("3" if production else "1")
    assert told["IMAGESEARCH_INDEX_REPLICAS"] == ("1" if production else "0")
    assert settings.IndexRoles.model_validate_json(told["IMAGESEARCH_INDEX_ROLES"]) == settings.IndexRoles(
        index=("Generation1IndexImagesRole.Arn", "Generation1BackfillBackfillImagesRole.Arn"),
        search=("SearchSearchApiRole.Arn",),
    )


def test_the_model_is_loaded_before_the_snapshot(service: Template, library: Template, profile: Profile) -> None:
    told = functions.environment(service, library, "search_api")
    assert told.get("IMAGESEARCH_PRELOAD_MODEL") == ("true" if profile == "production" else None)


@pytest.mark.parametrize("name", NAMES)
def test_the_functions_read_what_the_template_says(
    service: Template, library: Template, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The product's own settings take these values."""
    for variable, value in functions.environment(service, library, name).items():
        monkeypatch.setenv(variable, value)
    assert settings.Settings().image_bucket == "BucketsImages"
    assert settings.Settings().index_sigv4
    assert settings.IndexSettings().shards >= 1
    settings.StartSettings()
