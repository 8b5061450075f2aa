"""The OpenSearch domain."""

from __future__ import annotations

from infra_checks import domain
from infra_checks.reading import Template, kept, named, of_type

from infra.settings import Deployment, Profile

LOGS = ("SEARCH_SLOW_LOGS", "INDEX_SLOW_LOGS", "ES_APPLICATION_LOGS")


def test_it_is_encrypted_on_disk_between_nodes_and_on_the_way(library: Template) -> None:
    domain.check_domain_is_encrypted_everywhere(library)


def test_it_knows_roles_and_no_passwords(library: Template) -> None:
    domain.check_domain_knows_roles_alone(library)


def test_it_answers_this_account_alone(library: Template) -> None:
    domain.check_domain_answers_this_account_alone(library)


def test_slow_searches_and_errors_are_logged_and_audits_where_nodes_are_large_enough(
    library: Template, profile: Profile
) -> None:
    domain.check_domain_writes_logs(library, *LOGS, *(["AUDIT_LOGS"] if profile == "production" else []))


def test_it_runs_the_version_that_the_tests_run_and_is_upgraded_in_place(library: Template) -> None:
    _, resource = named(library, domain.DOMAIN, "Domain")
    assert resource["Properties"]["EngineVersion"] == "OpenSearch_2.19"
    assert resource["UpdatePolicy"] == {"EnableVersionUpgrade": True}


def test_development_has_one_small_node_and_nothing_that_it_refuses(library: Template, profile: Profile) -> None:
    """A T3 refuses Auto-Tune and zones on standby."""
    cluster = domain.domain(library)["ClusterConfig"]
    if profile == "production":
        assert not cluster["InstanceType"].startswith("t")
        return
    assert (cluster["InstanceType"], cluster["InstanceCount"]) == ("t3.small.search", 1)
    assert cluster["DedicatedMasterEnabled"] is False
    assert cluster["ZoneAwarenessEnabled"] is False
    assert cluster["MultiAZWithStandbyEnabled"] is False
    assert not domain.domain(library).keys() & {"AutoTuneOptions", "VPCOptions"}


def test_a_protected_index_survives_its_stack(library: Template, profile: Profile) -> None:
    _, resource = named(library, domain.DOMAIN, "Domain")
    assert kept(resource) == Deployment(profile=profile).protected


def test_the_library_brings_no_function_of_the_cdks_own(library: Template) -> None:
    """They come with wide rights: for log policies, access policies, bucket notifications, emptying buckets."""
    assert not of_type(library, "AWS::Lambda::Function")
    assert not [each for each in library["Resources"].values() if each["Type"].startswith("Custom::")]
