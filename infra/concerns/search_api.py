"""The REST API: `search_api` behind API Gateway, which checks tokens, throttles and logs."""

from __future__ import annotations

import json
from typing import cast

from aws_cdk import Aws, CfnResource, Duration, RemovalPolicy, Size
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import policies
from infra.acknowledged import acknowledge
from infra.concerns.firewall import Firewall
from infra.concerns.foundation import Foundation
from infra.concerns.generation import alias, environment
from infra.concerns.problems import add_problems
from infra.function import Function
from infra.library_stack import LibraryStack
from infra.lifetimes import retention
from infra.settings import Deployment

STAGE = "api"
"""Its paths begin so, and so do CloudFront's: nothing has to be rewritten."""
PUBLIC = ("health", "openapi.json", "docs")
"""Nobody has to sign in for these: status, contract, its human form."""
TIMEOUT = Duration.seconds(29)
"""As long as API Gateway waits."""
REQUESTS_A_SECOND, BURST = 50, 100
PUBLIC_REQUESTS_A_SECOND, PUBLIC_BURST = 5, 10
"""Of each public route: who has not signed in takes nothing from those who have."""
PICTURES = ("image/*",)
"""Bodies that reach the function in base64: bytes that are no text would be damaged otherwise."""
CORS_HEADERS = ("Authorization", "Content-Type", "If-Match")
CORS_METHODS = ("GET", "POST", "PATCH", "DELETE", "OPTIONS")
_LOGS_POLICY = "arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
_API = {
    f"AwsSolutions-IAM4[Policy::{_LOGS_POLICY}]": "API Gateway takes no role for its logs that may do less.",
    "AwsSolutions-APIG2": "The function checks every request against its models, and says what is wrong with it.",
    "AwsSolutions-APIG3": "AWS WAF is a setting (waf), on in production.",
}
_PUBLIC_METHOD = {
    "AwsSolutions-APIG4": "Status and contract are for everyone.",
    "AwsSolutions-COG4": "Status and contract are for everyone.",
}


class SearchApi(Construct):
    """The function of the current generation, and the API before it."""

    def __init__(self, scope: Construct, construct_id: str, *, foundation: Foundation) -> None:
        super().__init__(scope, construct_id)
        deployment, library, layers = foundation.deployment, foundation.library, foundation.layers
        preload = {"IMAGESEARCH_PRELOAD_MODEL": "true"} if deployment.search_start != "on-demand" else {}
        self.function = Function(
            self,
            "SearchApi",
            deployment=deployment,
            package="search_api",
            description=f"Answers searches (generation {deployment.current})",
            code=layers.code,
            layers=layers.of(deployment.current),
            environment={
                **environment(library, deployment.current),
                **preload,
                "IMAGESEARCH_CURSOR_SECRET_ID": library.cursor_secret.secret_arn,
            },
            permissions=[
                # Links are signed with the function's own rights: who follows one may do what it may.
                policies.objects(library.image_bucket, "s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
                policies.listing(library.image_bucket),
                policies.objects(library.derived_bucket, "s3:GetObject", "s3:DeleteObject"),
                # Of all generations: rights are changed before functions, and what is served until the new one is
                # there (or when it is not to be) is another generation.
                *(
                    policies.index(library.domain, "Get", "Post", alias=alias(generation.number))
                    for generation in deployment.generations
                ),
                policies.secret(library.cursor_secret),
            ],
            memory_mib=deployment.search_memory_mib,
            timeout=TIMEOUT,
            network=foundation.network,
            start=deployment.search_start,
        )
        self.access_log = logs.LogGroup(
            self, "AccessLog", retention=retention(deployment), removal_policy=RemovalPolicy.DESTROY
        )
        self.api = self._api(deployment)
        self._keep_execution_log(deployment)
        self._routes(deployment, library)
        add_problems(self.api)
        if deployment.waf:
            Firewall(self, "Firewall", deployment=deployment, stage=self.api.deployment_stage)

    @property
    def host(self) -> str:
        return f"{self.api.rest_api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}"

    def start_after(self, ready: CfnResource) -> None:
        """Serve no generation whose index is not there."""
        # The function alone: what makes the index must know its role.
        resource = cast("lambda_.CfnFunction", self.function.function.node.default_child)
        resource.add_resource_dependency(ready)

    def _api(self, deployment: Deployment) -> apigateway.RestApi:
        api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=deployment.name,
            description="Search your own pictures by words, by picture, or both",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            binary_media_types=list(PICTURES),
            min_compression_size=Size.kibibytes(1),
            # Without this role, which is one for a region of an account, there are no access logs.
            cloud_watch_role=True,
            cloud_watch_role_removal_policy=RemovalPolicy.RETAIN,
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE,
                tracing_enabled=True,
                method_options={
                    "/*/*": _method(REQUESTS_A_SECOND, BURST),
                    **{f"/{path}/GET": _method(PUBLIC_REQUESTS_A_SECOND, PUBLIC_BURST) for path in PUBLIC},
                },
                access_log_destination=apigateway.LogGroupLogDestination(self.access_log),
                access_log_format=_access_log_format(),
            ),
        )
        acknowledge(api, _API)
        api.node.try_remove_child("Endpoint")  # an output of the CDK's, beside our own
        return api

    def _keep_execution_log(self, deployment: Deployment) -> None:
        """The gateway's own errors go to a group that it names: made by itself, that one would never forget.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
        """
        group = logs.LogGroup(
            self,
            "ExecutionLog",
            log_group_name=f"API-Gateway-Execution-Logs_{self.api.rest_api_id}/{STAGE}",
            retention=retention(deployment),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.api.deployment_stage.node.add_dependency(group)

    def _routes(self, deployment: Deployment, library: LibraryStack) -> None:
        integration = apigateway.LambdaIntegration(self.function.target, allow_test_invoke=False)
        authorizer = apigateway.CognitoUserPoolsAuthorizer(self, "Authorizer", cognito_user_pools=[library.user_pool])
        everything = self.api.root.add_proxy(any_method=False)
        everything.add_method(
            "ANY",
            integration,
            authorizer=authorizer,
            authorization_type=apigateway.AuthorizationType.COGNITO,
        )
        for path in PUBLIC:
            method = self.api.root.add_resource(path).add_method(
                "GET", integration, authorization_type=apigateway.AuthorizationType.NONE
            )
            acknowledge(method, _PUBLIC_METHOD)
        if deployment.cors_origins:
            # Browsers ask before they send a token. What is answered then is said by CloudFront (see page.py).
            everything.add_cors_preflight(
                allow_origins=list(deployment.cors_origins),
                allow_headers=list(CORS_HEADERS),
                allow_methods=list(CORS_METHODS),
            )


def _method(requests_a_second: int, burst: int) -> apigateway.MethodDeploymentOptions:
    """Settings of a method take nothing over from those of all methods. By method there are no metrics, which cost."""
    return apigateway.MethodDeploymentOptions(
        throttling_rate_limit=requests_a_second,
        throttling_burst_limit=burst,
        metrics_enabled=False,
        logging_level=apigateway.MethodLoggingLevel.ERROR,
        data_trace_enabled=False,
    )


def _access_log_format() -> apigateway.AccessLogFormat:
    """A line of JSON for each request: who and how long, and nothing of what was searched for."""
    field = apigateway.AccessLogField
    return apigateway.AccessLogFormat.custom(
        json.dumps(
            {
                "request_id": field.context_request_id(),
                "trace_id": field.context_xray_trace_id(),
                "time": field.context_request_time(),
                "ip": field.context_identity_source_ip(),
                "user": field.context_authorizer_claims("sub"),
                "method": field.context_http_method(),
                "path": field.context_path(),
                "status": field.context_status(),
                "latency_ms": field.context_response_latency(),
                "integration_latency_ms": field.context_integration_latency(),
                "bytes": field.context_response_length(),
                "error": field.context_error_response_type(),
            }
        )
    )
