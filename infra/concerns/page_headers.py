"""What browsers are told to refuse: security headers of the page, the API and its docs."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

from infra.concerns.search_api import CORS_HEADERS, CORS_METHODS
from infra.library_stack import LibraryStack
from infra.settings import Deployment

PERMISSIONS = "camera=(self), geolocation=(), microphone=()"
"""One may photograph something to search by."""


class PageHeaders(Construct):
    """Three policies: `page`, `api`, and `docs`, whose page has its scripts inlined by Powertools."""

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, library: LibraryStack, sign_in: str
    ) -> None:
        super().__init__(scope, construct_id)
        # Links lead to a regional host, or in the oldest region to the global one.
        pictures = [
            f"https://{host}"
            for bucket in (library.image_bucket, library.derived_bucket)
            for host in (bucket.bucket_regional_domain_name, bucket.bucket_domain_name)
        ]
        uploads = pictures[:2]
        page = {
            "default-src": ["'none'"],
            "script-src": ["'self'"],
            "style-src": ["'self'"],
            "img-src": ["'self'", "blob:", *pictures],
            "connect-src": ["'self'", sign_in, *uploads],
            "form-action": ["'self'"],
        }
        docs = {
            "default-src": ["'none'"],
            "script-src": ["'unsafe-inline'"],
            "style-src": ["'unsafe-inline'"],
            "img-src": ["'self'", "data:"],
            "connect-src": ["'self'"],
        }
        cors = _cors(deployment)
        self.page = self._policy("Page", "The search page", page, permissions=PERMISSIONS)
        self.api = self._policy("Api", "Answers of the API", {"default-src": ["'none'"]}, cors)
        self.docs = self._policy("Docs", "The API's contract for people", docs, cors)

    def _policy(
        self,
        name: str,
        comment: str,
        content: Mapping[str, list[str]],
        cors: cloudfront.ResponseHeadersCorsBehavior | None = None,
        permissions: str | None = None,
    ) -> cloudfront.ResponseHeadersPolicy:
        rules = {**content, "base-uri": ["'none'"], "frame-ancestors": ["'none'"]}
        return cloudfront.ResponseHeadersPolicy(
            self,
            name,
            comment=comment,
            cors_behavior=cors,
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(header="Permissions-Policy", value=permissions, override=True)
                ]
            )
            if permissions
            else None,
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy="; ".join(f"{rule} {' '.join(values)}" for rule, values in rules.items()),
                    override=True,
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                # Addresses of the page hold what was searched for.
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(365), include_subdomains=True, override=True
                ),
            ),
        )


def _cors(deployment: Deployment) -> cloudfront.ResponseHeadersCorsBehavior | None:
    """Other pages may call the API, by CloudFront's address: here, since errors of the gateway need it too."""
    if not deployment.cors_origins:
        return None
    return cloudfront.ResponseHeadersCorsBehavior(
        access_control_allow_credentials=False,
        access_control_allow_headers=list(CORS_HEADERS),
        access_control_allow_methods=list(CORS_METHODS),
        access_control_allow_origins=list(deployment.cors_origins),
        access_control_expose_headers=["ETag", "Retry-After"],
        access_control_max_age=Duration.hours(1),
        origin_override=True,
    )
