"""What must hold for the buckets."""

from __future__ import annotations

from infra_checks.policies import refuses_plain_http
from infra_checks.reading import Template, arn, named, of_type, properties, ref, statements

BUCKET = "AWS::S3::Bucket"
PRIVATE = {
    "BlockPublicAcls": True,
    "BlockPublicPolicy": True,
    "IgnorePublicAcls": True,
    "RestrictPublicBuckets": True,
}


def check_buckets_are_private(template: Template) -> None:
    """No ACLs, nothing public, whatever a policy may say one day."""
    for name, bucket in of_type(template, BUCKET).items():
        found = bucket["Properties"]
        assert found.get("PublicAccessBlockConfiguration") == PRIVATE, f"{name} can be made public"
        assert found["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}, name


def check_buckets_are_encrypted(template: Template) -> None:
    for name, bucket in of_type(template, BUCKET).items():
        rules = bucket["Properties"].get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
        assert [rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] for rule in rules] == ["AES256"], name


def check_buckets_are_reached_by_tls_alone(template: Template) -> None:
    """TLS 1.2 or newer, for the bucket and for what is in it."""
    documents = {
        policy["Properties"]["Bucket"]["Ref"]: policy["Properties"]["PolicyDocument"]
        for policy in of_type(template, "AWS::S3::BucketPolicy").values()
    }
    for name in of_type(template, BUCKET):
        assert name in documents, f"{name} has no policy"
        assert refuses_plain_http(documents[name]), f"{name} is reached without TLS"
        old = [
            s for s in statements(documents[name]) if s.get("Condition") == {"NumericLessThan": {"s3:TlsVersion": 1.2}}
        ]
        assert [(s["Effect"], s["Action"], s["Principal"]) for s in old] == [("Deny", "s3:*", {"AWS": "*"})], name
        assert old[0]["Resource"] == [arn(name), {"Fn::Join": ["", [arn(name), "/*"]]}], name


def check_nothing_is_lost_by_overwriting(template: Template) -> None:
    """Pictures are versioned; old versions and unfinished uploads don't stay for ever."""
    found = properties(template, BUCKET, "BucketsImages")
    assert found.get("VersioningConfiguration") == {"Status": "Enabled"}
    (rule,) = found["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] >= 30
    assert rule["ExpiredObjectDeleteMarker"] is True
    assert rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] <= 7
    assert not rule.keys() & {"ExpirationInDays", "ExpirationDate"}, "pictures would vanish by themselves"


def check_access_is_logged(template: Template) -> None:
    """Each bucket's accesses go to the bucket of access logs, under a prefix of its own."""
    logs, _ = named(template, BUCKET, "BucketsAccessLogs")
    prefixes = set()
    for name, bucket in of_type(template, BUCKET).items():
        if name == logs:
            continue
        logging = bucket["Properties"].get("LoggingConfiguration", {})
        assert logging.get("DestinationBucketName") == ref(logs), f"{name} logs nothing"
        prefixes.add(logging["LogFilePrefix"])
    assert len(prefixes) == len(of_type(template, BUCKET)) - 1
