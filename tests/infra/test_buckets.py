"""The buckets of the library stack."""

from __future__ import annotations

from infra_checks import buckets, policies
from infra_checks.reading import Template, kept, named, properties

from infra.settings import Deployment, Profile


def test_no_bucket_is_public(library: Template) -> None:
    buckets.check_buckets_are_private(library)
    policies.check_nobody_is_everybody(library)


def test_buckets_are_encrypted(library: Template) -> None:
    buckets.check_buckets_are_encrypted(library)


def test_buckets_are_reached_by_tls_alone(library: Template) -> None:
    buckets.check_buckets_are_reached_by_tls_alone(library)


def test_what_is_overwritten_or_deleted_can_be_brought_back_for_a_while(library: Template) -> None:
    buckets.check_nothing_is_lost_by_overwriting(library)


def test_every_access_is_logged(library: Template) -> None:
    buckets.check_access_is_logged(library)


def test_our_page_may_upload_pictures_and_read_them_and_other_pages_may_not(library: Template) -> None:
    (images,) = properties(library, buckets.BUCKET, "BucketsImages")["CorsConfiguration"]["CorsRules"]
    (derived,) = properties(library, buckets.BUCKET, "BucketsDerived")["CorsConfiguration"]["CorsRules"]
    assert images["AllowedMethods"] == ["POST", "GET", "HEAD"]
    assert derived["AllowedMethods"] == ["GET", "HEAD"]
    assert images["AllowedOrigins"] == derived["AllowedOrigins"] == ["https://*.cloudfront.net"]


def test_a_protected_bucket_survives_its_stack(library: Template, profile: Profile) -> None:
    for part in ("Images", "Derived", "AccessLogs"):
        _, bucket = named(library, buckets.BUCKET, f"Buckets{part}")
        assert kept(bucket) == Deployment(profile=profile).protected
