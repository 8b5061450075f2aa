"""What must hold for production's network."""

from __future__ import annotations

from infra_checks.reading import Template, arn, joined, named, of_type, properties, several, statements

WAYS_OUT = (
    "AWS::EC2::InternetGateway",
    "AWS::EC2::NatGateway",
    "AWS::EC2::EgressOnlyInternetGateway",
    "AWS::EC2::Route",
)
GROUP = "AWS::EC2::SecurityGroup"


def check_there_is_no_way_out(template: Template) -> None:
    for kind in WAYS_OUT:
        assert not of_type(template, kind), f"there is a {kind}"
    for name, subnet in of_type(template, "AWS::EC2::Subnet").items():
        assert subnet["Properties"].get("MapPublicIpOnLaunch", False) is False, name


def check_there_are_three_zones(template: Template) -> None:
    """For subnets and data nodes alike, with managers of their own."""
    subnets = of_type(template, "AWS::EC2::Subnet")
    zones = [str(each["Properties"]["AvailabilityZone"]) for each in subnets.values()]
    assert len(set(zones)) == len(zones) == 3
    found = properties(template, "AWS::OpenSearchService::Domain", "Domain")
    cluster = found["ClusterConfig"]
    assert cluster["ZoneAwarenessEnabled"] is True
    assert cluster["ZoneAwarenessConfig"] == {"AvailabilityZoneCount": 3}
    assert cluster["InstanceCount"] % 3 == 0
    assert (cluster["DedicatedMasterEnabled"], cluster["DedicatedMasterCount"]) == (True, 3)
    assert {each["Ref"] for each in found["VPCOptions"]["SubnetIds"]} == subnets.keys()


def check_functions_alone_reach_the_domain(template: Template) -> None:
    """By HTTPS, as with the endpoints; nothing else comes in anywhere."""
    groups = {part: named(template, GROUP, f"Network{part}")[0] for part in ("Functions", "Domain", "Endpoints")}
    ingress = [each["Properties"] for each in of_type(template, "AWS::EC2::SecurityGroupIngress").values()]
    rules = {
        (
            each["GroupId"]["Fn::GetAtt"][0],
            each["SourceSecurityGroupId"]["Fn::GetAtt"][0],
            each["FromPort"],
            each["ToPort"],
        )
        for each in ingress
    }
    assert rules == {(groups[part], groups["Functions"], 443, 443) for part in ("Domain", "Endpoints")}
    assert not any("SecurityGroupIngress" in each["Properties"] for each in of_type(template, GROUP).values())
    domain = properties(template, "AWS::OpenSearchService::Domain", "Domain")
    assert [each["Fn::GetAtt"][0] for each in domain["VPCOptions"]["SecurityGroupIds"]] == [groups["Domain"]]


def check_services_have_endpoints(template: Template) -> None:
    """S3 by the gateway, the queues and the secret by interfaces with private names."""
    found = [each["Properties"] for each in of_type(template, "AWS::EC2::VPCEndpoint").values()]
    kinds = {joined(each["ServiceName"]).removeprefix("com.amazonaws.{AWS::Region}."): each for each in found}
    assert kinds.keys() == {"s3", "sqs", "secretsmanager"}
    assert kinds["s3"]["VpcEndpointType"] == "Gateway"
    assert len(kinds["s3"]["RouteTableIds"]) == 3
    for name in ("sqs", "secretsmanager"):
        assert kinds[name]["VpcEndpointType"] == "Interface"
        assert kinds[name]["PrivateDnsEnabled"] is True


def check_the_gateway_leads_to_our_buckets(template: Template) -> None:
    """And to where CloudFormation takes the answers of custom resources."""
    endpoint = properties(template, "AWS::EC2::VPCEndpoint", "NetworkVpcS3")
    ours, cloudformation = statements(endpoint["PolicyDocument"])
    buckets = [named(template, "AWS::S3::Bucket", f"Buckets{part}")[0] for part in ("Images", "Derived")]
    assert {joined(each) for each in ours["Resource"]} == {
        text for bucket in buckets for text in (joined(arn(bucket)), f"{joined(arn(bucket))}/*")
    }
    assert ours["Condition"] == {"StringEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}}
    assert several(cloudformation["Action"]) == ["s3:PutObject"]
    assert joined(cloudformation["Resource"]).endswith(":s3:::cloudformation-custom-resource-response-*/*")


def check_traffic_is_logged(template: Template) -> None:
    (flow,) = of_type(template, "AWS::EC2::FlowLog").values()
    assert flow["Properties"]["ResourceType"] == "VPC"
    group = flow["Properties"]["LogGroupName"]["Ref"]
    assert of_type(template, "AWS::Logs::LogGroup")[group]["Properties"]["RetentionInDays"] > 0
