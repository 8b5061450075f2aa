"""What must hold for the OpenSearch domain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra_checks.policies import allowed
from infra_checks.reading import Template, arn, joined, named, of_type, several, statements

DOMAIN = "AWS::OpenSearchService::Domain"
THIS_DOMAIN = "arn:{AWS::Partition}:es:{AWS::Region}:{AWS::AccountId}:domain/imagesearch"


def domain(template: Template) -> Mapping[str, Any]:
    found: Mapping[str, Any] = named(template, DOMAIN, "Domain")[1]["Properties"]
    return found


def check_domain_is_encrypted_everywhere(template: Template) -> None:
    """On its disks, between its nodes, and on the way to it."""
    found = domain(template)
    assert found["EncryptionAtRestOptions"] == {"Enabled": True}
    assert found["NodeToNodeEncryptionOptions"] == {"Enabled": True}
    assert found["DomainEndpointOptions"] == {
        "EnforceHTTPS": True,
        "TLSSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10",
    }


def check_domain_knows_roles_alone(template: Template) -> None:
    """Fine-grained access control, whose master user is the role of `manage_index`; no users with passwords."""
    role, _ = named(template, "AWS::IAM::Role", "DomainIndexManager")
    assert domain(template)["AdvancedSecurityOptions"] == {
        "Enabled": True,
        "InternalUserDatabaseEnabled": False,
        "MasterUserOptions": {"MasterUserARN": arn(role)},
    }


def check_domain_answers_this_account_alone(template: Template) -> None:
    (statement,) = statements(domain(template)["AccessPolicies"])
    assert joined(statement["Principal"]["AWS"]) == "arn:{AWS::Partition}:iam::{AWS::AccountId}:root"
    assert joined(statement["Resource"]) == f"{THIS_DOMAIN}/*"
    assert set(statement["Action"]) == {f"es:ESHttp{m}" for m in ("Delete", "Get", "Head", "Patch", "Post", "Put")}


def check_domain_writes_logs(template: Template, *kinds: str) -> None:
    """Each kind to a group of its own that forgets, which this domain alone may write."""
    published = domain(template)["LogPublishingOptions"]
    assert published.keys() == set(kinds)
    groups = [each["CloudWatchLogsLogGroupArn"]["Fn::GetAtt"][0] for each in published.values()]
    assert all(each["Enabled"] for each in published.values())
    assert len(set(groups)) == len(kinds)
    for group in groups:
        assert of_type(template, "AWS::Logs::LogGroup")[group]["Properties"]["RetentionInDays"] > 0
    name, policy = named(template, "AWS::Logs::ResourcePolicy", "DomainLogsPolicyResourcePolicy")
    (statement,) = allowed(policy["Properties"]["PolicyDocument"])
    assert statement["Principal"] == {"Service": "es.amazonaws.com"}
    assert set(several(statement["Resource"])) == {f"{{{group}.Arn}}" for group in groups}
    assert statement["Condition"]["ArnLike"] == {"aws:SourceArn": THIS_DOMAIN}
    _, resource = named(template, DOMAIN, "Domain")
    assert name in several(resource["DependsOn"]), "the service would try to write before it may"
