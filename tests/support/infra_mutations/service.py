"""Ways to break what comes and goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infra_checks import api, functions, observability, page, policies, roles
from infra_mutations.deployed import Deployed
from infra_mutations.mutation import Mutation, add_statement, drop, drop_denials, put, without_conditions

POLICY, ROLE, FUNCTION = "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::Lambda::Function"
STAGE, METHOD, ALARM = "AWS::ApiGateway::Stage", "AWS::ApiGateway::Method", "AWS::CloudWatch::Alarm"
INDEX_IMAGES = "Generation1IndexImages"
_EMPTY: dict[str, Any] = {"Fn::Join": ["", ['{"widgets": []}']]}
"""A dashboard's body."""


def _every(kind: str, change: Callable[[dict[str, Any]], object]) -> Callable[[Deployed], None]:
    """The same change to each resource of a type in the service stack, by its properties."""

    def apply(deployed: Deployed) -> None:
        for each in deployed.of_type("service", kind).values():
            change(each["Properties"])

    return apply


def _open_route(deployed: Deployed) -> None:
    for name, each in deployed.of_type("service", METHOD).items():
        if "proxyANY" in name:
            each["Properties"]["AuthorizationType"] = "NONE"


def _hidden_route(deployed: Deployed) -> None:
    for name, each in deployed.of_type("service", METHOD).items():
        if "proxyANY" in name:
            each["Properties"]["HttpMethod"] = "GET"


def _shared_role(deployed: Deployed) -> None:
    search = deployed.properties("service", FUNCTION, "SearchSearchApiFunction")
    search["Role"] = deployed.properties("service", FUNCTION, f"{INDEX_IMAGES}Function")["Role"]


def _without_answer(deployed: Deployed) -> None:
    del deployed.service["Resources"][next(iter(deployed.of_type("service", "AWS::ApiGateway::GatewayResponse")))]


def _distribution(change: Callable[[dict[str, Any]], object]) -> Callable[[Deployed], None]:
    return _every("AWS::CloudFront::Distribution", lambda properties: change(properties["DistributionConfig"]))


def _read_by_another_distribution(deployed: Deployed) -> None:
    policy = deployed.properties("service", "AWS::S3::BucketPolicy", "PageBucketPolicy")["PolicyDocument"]
    (allowed,) = [each for each in policy["Statement"] if each["Effect"] == "Allow"]
    allowed["Condition"]["StringEquals"]["AWS:SourceArn"] = "arn:aws:cloudfront::111122223333:distribution/EDFDVBD6"


def _bucket_by_its_name(deployed: Deployed) -> None:
    """As if `listing` named a bucket's name, which permits nothing."""
    for output in deployed.library["Outputs"].values():
        match output["Value"]:
            case {"Fn::GetAtt": [logical_id, "Arn"]} if logical_id.startswith("BucketsImages"):
                output["Value"] = {"Ref": logical_id}


def _function_by_its_name(deployed: Deployed) -> None:
    """As if `invoking` named a function's name, which permits nothing."""
    policy = deployed.properties("service", POLICY, "UpkeepStateMachinePolicy")["PolicyDocument"]
    (statement,) = [each for each in policy["Statement"] if each["Action"] == "lambda:InvokeFunction"]
    statement["Resource"] = {"Ref": statement["Resource"]["Fn::GetAtt"][0]}


def _cdk_role(deployed: Deployed) -> None:
    for name, each in deployed.of_type("service", FUNCTION).items():
        if name.startswith("CustomCDKBucketDeployment"):
            each["Properties"]["Role"] = {"Fn::GetAtt": ["CustomRole00000000", "Arn"]}


_ROLES = [
    Mutation(
        "index_images may write pictures",
        add_statement("service", POLICY, f"{INDEX_IMAGES}Policy", Action="s3:PutObject", Resource="*"),
        roles.check_roles_may_do_exactly,
    ),
    Mutation(
        "index_images may no longer read the queue",
        drop("service", POLICY, f"{INDEX_IMAGES}Policy", "PolicyDocument", "Statement", -1),
        roles.check_roles_may_do_exactly,
    ),
    Mutation(
        "a bucket is permitted by its name, of another stack",
        _bucket_by_its_name,
        roles.check_roles_may_do_exactly,
    ),
    Mutation(
        "a function is permitted by its name, of the same stack",
        _function_by_its_name,
        roles.check_roles_may_do_exactly,
    ),
    Mutation(
        "search_api may do anything with S3",
        add_statement("service", POLICY, "SearchSearchApiPolicy", Action="s3:*", Resource="*"),
        policies.check_no_action_is_a_wildcard,
    ),
    Mutation(
        "search_api has a policy of AWS's",
        put(
            "service", ROLE, "SearchSearchApiRole", ["arn:aws:iam::aws:policy/AdministratorAccess"], "ManagedPolicyArns"
        ),
        roles.check_roles_have_nothing_else,
    ),
    Mutation(
        "machines may be search_api",
        put(
            "service",
            ROLE,
            "SearchSearchApiRole",
            "ec2.amazonaws.com",
            *("AssumeRolePolicyDocument", "Statement", 0),
            "Principal",
            "Service",
        ),
        roles.check_roles_trust,
    ),
    Mutation("two functions share a role", _shared_role, roles.check_no_two_functions_share_a_role),
]
_FUNCTIONS = [
    Mutation(
        "search_api is not traced",
        drop("service", FUNCTION, "SearchSearchApiFunction", "TracingConfig"),
        functions.check_every_function,
    ),
    Mutation(
        "logs stay for ever",
        _every("AWS::Logs::LogGroup", lambda properties: properties.pop("RetentionInDays")),
        functions.check_log_groups_forget,
    ),
]
_API = [
    Mutation("everybody may search", _open_route, api.check_routes_ask_for_a_token),
    Mutation(
        "tokens of another pool will do",
        _every("AWS::ApiGateway::Authorizer", lambda properties: properties.update(ProviderARNs=["arn:other"])),
        api.check_routes_ask_for_a_token,
    ),
    Mutation("only GET is handed on", _hidden_route, api.check_everything_else_reaches_the_function),
    Mutation("an answer is no problem document", _without_answer, api.check_problems),
    Mutation(
        "requests are not throttled",
        _every(STAGE, lambda properties: properties["MethodSettings"][0].update(ThrottlingRateLimit=-1)),
        api.check_stage,
    ),
    Mutation(
        "who has not signed in may take all there is",
        _every(STAGE, lambda properties: properties["MethodSettings"][1].update(ThrottlingRateLimit=50)),
        api.check_stage,
    ),
    Mutation(
        "every route has metrics, which are paid for",
        _every(STAGE, lambda properties: properties["MethodSettings"][0].update(MetricsEnabled=True)),
        api.check_stage,
    ),
    Mutation(
        "the gateway's own log stays for ever",
        drop("service", "AWS::Logs::LogGroup", "SearchExecutionLog"),
        api.check_the_gateways_own_log_is_ours,
    ),
    Mutation(
        "requests are not logged",
        _every(STAGE, lambda properties: properties.update(AccessLogSetting={"Format": "{}", "DestinationArn": ""})),
        api.check_stage,
    ),
    Mutation(
        "deleting the stack ends the logs of other APIs",
        lambda deployed: next(iter(deployed.of_type("service", "AWS::ApiGateway::Account").values())).update(
            DeletionPolicy="Delete"
        ),
        api.check_the_account_lets_the_gateway_log,
    ),
]
_PAGE = [
    Mutation(
        "the page's bucket is read without TLS",
        drop_denials("service", "AWS::S3::BucketPolicy", "PageBucketPolicy"),
        page.check_bucket_is_for_the_distribution_alone,
    ),
    Mutation(
        "the page's bucket is read by any distribution",
        without_conditions("service", "AWS::S3::BucketPolicy", "PageBucketPolicy"),
        page.check_bucket_is_for_the_distribution_alone,
    ),
    Mutation(
        "the page's bucket is read by another distribution",
        _read_by_another_distribution,
        page.check_bucket_is_for_the_distribution_alone,
    ),
    Mutation(
        "the API is reached without TLS",
        _distribution(lambda config: config["CacheBehaviors"][1].update(ViewerProtocolPolicy="allow-all")),
        page.check_api_is_handed_on,
    ),
    Mutation(
        "answers of the API are cached",
        _distribution(lambda config: config["CacheBehaviors"][1].update(CachePolicyId="some-caching")),
        page.check_api_is_handed_on,
    ),
    Mutation(
        "an error of the API is everybody's for ten seconds",
        _distribution(lambda config: config.pop("CustomErrorResponses")),
        page.check_api_is_handed_on,
    ),
    Mutation(
        "the page may stand in a frame",
        _every(
            "AWS::CloudFront::ResponseHeadersPolicy",
            lambda properties: properties["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"][
                "FrameOptions"
            ].update(FrameOption="SAMEORIGIN"),
        ),
        page.check_headers,
    ),
    Mutation(
        "tokens come in links",
        _every("AWS::Cognito::UserPoolClient", lambda properties: properties.update(AllowedOAuthFlows=["implicit"])),
        page.check_client_keeps_no_secret,
    ),
    Mutation(
        "a stolen refresh token works for a month",
        _every("AWS::Cognito::UserPoolClient", lambda properties: properties.pop("RefreshTokenRotation")),
        page.check_refresh_tokens_rotate,
    ),
    Mutation("the upload runs as a role of the CDK's", _cdk_role, page.check_upload_runs_as_ours),
]
_WATCHING = [
    Mutation(
        "alarms tell nobody",
        _every(ALARM, lambda properties: properties.pop("AlarmActions")),
        observability.check_alarms_are_told,
    ),
    Mutation(
        "alarms don't say what to do",
        _every(ALARM, lambda properties: properties.update(AlarmDescription="An alarm")),
        observability.check_alarms_are_told,
    ),
    Mutation(
        "one dead letter is nothing",
        put("service", ALARM, "ObservabilityAlarmsDeadLetters1", 100, "Threshold"),
        observability.check_queues_have_alarms,
    ),
    Mutation(
        "errors of search_api ring nowhere",
        drop("service", ALARM, "ObservabilityAlarmsSearchApiErrors"),
        observability.check_functions_have_alarms,
    ),
    Mutation(
        "searches may take a minute",
        put("service", ALARM, "ObservabilityAlarmsSlowSearches", 60_000, "Threshold"),
        observability.check_searches_have_alarms,
    ),
    Mutation(
        "a failed sweep rings nowhere",
        drop("service", ALARM, "ObservabilityAlarmsSweepFailed"),
        observability.check_state_machines_have_alarms,
    ),
    Mutation(
        "a full disk rings when it is too late",
        put("service", ALARM, "ObservabilityAlarmsStorageLow", 1, "Threshold"),
        observability.check_domain_has_recommended_alarms,
    ),
    Mutation(
        "the budget is a million",
        _every("AWS::Budgets::Budget", lambda properties: properties["Budget"]["BudgetLimit"].update(Amount=1_000_000)),
        observability.check_budget_is_told,
    ),
    Mutation(
        "the dashboard lacks an alarm",
        lambda deployed: deployed.service["Resources"].update(
            NewAlarm={"Type": ALARM, "Properties": {"AlarmName": "new"}}
        ),
        observability.check_dashboard_shows_all_alarms,
    ),
    Mutation(
        "the dashboard shows nothing but alarms",
        _every("AWS::CloudWatch::Dashboard", lambda properties: properties.update(DashboardBody=_EMPTY)),
        observability.check_dashboard_shows_functions_queues_and_cluster,
    ),
]
MUTATIONS = [*_ROLES, *_FUNCTIONS, *_API, *_PAGE, *_WATCHING]
