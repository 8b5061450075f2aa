"""The search page, as CloudFront serves it."""

from __future__ import annotations

from html.parser import HTMLParser

from infra_checks import page
from infra_checks.reading import Template, named, of_type
from infra_checks.roles import Names

from imagesearch_local.gateway import cors
from infra.assets import CHECKOUT
from infra.concerns import search_api

REGIONAL = ("https://BucketsImages.RegionalDomainName", "https://BucketsDerived.RegionalDomainName")


def test_the_bucket_is_for_the_distribution_alone(service: Template) -> None:
    page.check_bucket_is_for_the_distribution_alone(service)


def test_the_api_is_handed_on_whole_and_never_cached(service: Template) -> None:
    page.check_api_is_handed_on(service)


def test_browsers_are_told_what_to_refuse_everywhere(service: Template) -> None:
    page.check_headers(service)


def test_the_page_runs_no_script_but_its_own_files(service: Template, library: Template) -> None:
    rules = page.content_security(service, library, "Page")
    assert rules["default-src"] == ["'none'"]
    assert rules["script-src"] == ["'self'"]
    assert rules["style-src"] == ["'self'"]
    assert rules["frame-ancestors"] == rules["base-uri"] == ["'none'"]
    assert not any(word in source for sources in rules.values() for source in sources for word in ("unsafe", "*"))


def test_the_page_shows_pictures_and_thumbnails_and_uploads_to_the_image_bucket(
    service: Template, library: Template
) -> None:
    rules = page.content_security(service, library, "Page")
    assert set(REGIONAL) <= set(rules["img-src"])
    assert REGIONAL[0] in rules["connect-src"]
    assert REGIONAL[1] not in rules["connect-src"]


def test_the_page_asks_for_tokens_where_people_sign_in(service: Template, library: Template) -> None:
    (domain,) = of_type(service, "AWS::Cognito::UserPoolDomain").values()
    prefix = Names(service, library).of(domain["Properties"]["Domain"])
    rules = page.content_security(service, library, "Page")
    assert f"https://{prefix}.auth.<AWS::Region>.amazoncognito.com" in rules["connect-src"]


def test_answers_of_the_api_load_nothing(service: Template, library: Template) -> None:
    assert page.content_security(service, library, "Api")["default-src"] == ["'none'"]


def test_only_the_docs_may_run_what_stands_in_the_page_itself(service: Template, library: Template) -> None:
    rules = page.content_security(service, library, "Docs")
    assert rules["default-src"] == ["'none'"]
    assert rules["connect-src"] == ["'self'"]
    assert rules["script-src"] == ["'unsafe-inline'"]
    (behaviour,) = [each for each in page.distribution(service)["CacheBehaviors"] if each["PathPattern"] == "/api/docs"]
    assert behaviour["ResponseHeadersPolicyId"]["Ref"].startswith("PageHeadersDocs")


def test_people_sign_in_without_a_secret_in_the_page(service: Template) -> None:
    page.check_client_keeps_no_secret(service)


def test_a_stolen_refresh_token_is_of_no_use_for_long(service: Template) -> None:
    page.check_refresh_tokens_rotate(service)


def test_the_page_may_ask_for_a_photograph_and_not_for_where_one_is(service: Template) -> None:
    _, policy = named(service, "AWS::CloudFront::ResponseHeadersPolicy", "PageHeadersPage")
    (header,) = policy["Properties"]["ResponseHeadersPolicyConfig"]["CustomHeadersConfig"]["Items"]
    assert header == {
        "Header": "Permissions-Policy",
        "Value": "camera=(self), geolocation=(), microphone=()",
        "Override": True,
    }


def test_a_page_on_another_host_is_answered_on_a_laptop_as_on_aws() -> None:
    assert cors.HEADERS == search_api.CORS_HEADERS
    assert cors.METHODS == search_api.CORS_METHODS


def test_the_page_is_told_where_the_api_and_the_users_are(service: Template, library: Template) -> None:
    (upload,) = of_type(service, "Custom::CDKBucketDeployment").values()
    names = Names(service, library)
    told = {
        names.of(value).strip('"') for markers in upload["Properties"]["SourceMarkers"] for value in markers.values()
    }
    assert told == {
        "<AWS::Region>",
        "UsersPool",
        "PageClient",
        "https://imagesearch-<AWS::AccountId>.auth.<AWS::Region>.amazoncognito.com",
    }


def test_the_upload_runs_in_a_role_of_ours(service: Template) -> None:
    page.check_upload_runs_as_ours(service)


class _Inline(HTMLParser):
    """What the content security policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []
        self._in: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.refused += [f"{tag} {name}" for name in names if name.startswith("on") or name == "style"]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.refused.append(tag)


def test_the_page_has_nothing_that_its_policy_refuses() -> None:
    parser = _Inline()
    parser.feed((CHECKOUT / "web" / "index.html").read_text(encoding="utf-8"))
    assert parser.refused == []
