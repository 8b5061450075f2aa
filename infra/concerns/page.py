"""The search page: a private bucket behind CloudFront, which hands `/api` on to the API, and how one signs in."""

from __future__ import annotations

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.assets import Assets
from infra.concerns.buckets import private_bucket
from infra.concerns.page_headers import PageHeaders
from infra.concerns.page_upload import PageUpload
from infra.concerns.search_api import STAGE, SearchApi
from infra.library_stack import LibraryStack
from infra.settings import Deployment

CACHED_ERRORS = (404, 405, 414, 500, 501, 502, 503, 504)
"""What CloudFront would keep for ten seconds by the path alone, whatever the cache policy: one person's "not found" for
everybody, and for every search after a failed one (see "HTTP 4xx and 5xx status codes that CloudFront caches")."""
SAFE = ("https://", "http://localhost:")
"""Where Cognito sends people back to ("redirect_uri", in its reference of the authorize endpoint)."""
_DISTRIBUTION = {
    "AwsSolutions-CFR1": "People keep pictures wherever they are.",
    "AwsSolutions-CFR2": "AWS WAF stands before the API, where it is a setting (waf); the page is a few static files.",
    "AwsSolutions-CFR3": "Requests to the API are in its own access log; of the page's files there is nothing to tell. "
    "CloudFront's logs would need a bucket with ACLs, or a stack in us-east-1.",
    "AwsSolutions-CFR4": "With the name that CloudFront gives, AWS sets the TLS policy. For a domain of one's own see "
    "docs/deploy.md.",
}


class Page(Construct):
    """Bucket, distribution, and the client that signs people in for the page."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        library: LibraryStack,
        search: SearchApi,
        assets: Assets,
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = self._bucket(library)
        prefix = f"{deployment.name}-{Aws.ACCOUNT_ID}"
        sign_in = f"https://{prefix}.auth.{Aws.REGION}.amazoncognito.com"
        headers = PageHeaders(self, "Headers", deployment=deployment, library=library, sign_in=sign_in)
        self.distribution = self._distribution(search, headers)
        self.url = f"https://{self.distribution.distribution_domain_name}/"
        cognito.UserPoolDomain(
            self,
            "SignIn",
            user_pool=library.user_pool,
            cognito_domain=cognito.CognitoDomainOptions(domain_prefix=prefix),
        )
        self.client = self._client(deployment, library)
        PageUpload(
            self,
            "Upload",
            deployment=deployment,
            web=assets.web,
            bucket=self.bucket,
            distribution=self.distribution,
            config={
                "api": f"/{STAGE}",
                "region": Aws.REGION,
                "user_pool_id": library.user_pool.user_pool_id,
                "client_id": self.client.user_pool_client_id,
                "sign_in": sign_in,
            },
        )

    def _bucket(self, library: LibraryStack) -> s3.Bucket:
        return private_bucket(
            self,
            "Bucket",
            removal_policy=RemovalPolicy.DESTROY,  # what is in it is in the repository
            # By its name: by itself, the CDK would let S3 log for buckets of any account.
            server_access_logs_bucket=s3.Bucket.from_bucket_name(
                self, "AccessLogs", library.access_logs_bucket.bucket_name
            ),
            server_access_logs_prefix="page/",
        )

    def _distribution(self, search: SearchApi, headers: PageHeaders) -> cloudfront.Distribution:
        api = origins.HttpOrigin(
            search.host,
            protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
            origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
            read_timeout=Duration.seconds(30),  # the API answers within 29
        )

        def behaviour(policy: cloudfront.ResponseHeadersPolicy) -> cloudfront.BehaviorOptions:
            return cloudfront.BehaviorOptions(
                origin=api,
                allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                # Tokens and all; but API Gateway knows itself by its own host name.
                origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
                response_headers_policy=policy,
            )

        distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment="imagesearch: page and API",
            default_root_object="index.html",
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(self.bucket),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
                response_headers_policy=headers.page,
                compress=True,
            ),
            error_responses=[
                cloudfront.ErrorResponse(http_status=status, ttl=Duration.seconds(0)) for status in CACHED_ERRORS
            ],
            additional_behaviors={
                f"/{STAGE}/docs": behaviour(headers.docs),
                f"/{STAGE}/*": behaviour(headers.api),
            },
        )
        acknowledge(distribution, _DISTRIBUTION)
        return distribution

    def _client(self, deployment: Deployment, library: LibraryStack) -> cognito.UserPoolClient:
        """For a page that can keep no secret: by code and PKCE, and back to the page alone, or a copy of it."""
        copies = [origin for origin in deployment.cors_origins if origin.startswith(SAFE)]
        pages = [self.url, *(f"{origin}/" for origin in copies)]
        return cognito.UserPoolClient(
            self,
            "Client",
            user_pool=library.user_pool,
            generate_secret=False,
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL],
                callback_urls=pages,
                logout_urls=pages,
            ),
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
            # The command line gets tokens with an administrator's AWS credentials; nobody sends a password to us.
            auth_flows=cognito.AuthFlow(admin_user_password=True),
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            # One that was stolen from a browser is of use until the page asks next (RFC 9700, 2.2.2). Two tabs may ask
            # at once, and an answer may be lost on its way.
            refresh_token_rotation_grace_period=Duration.seconds(60),
            id_token_validity=Duration.hours(1),
            access_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.days(30),
        )
