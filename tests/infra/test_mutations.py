"""A deployment that is broken on purpose fails the very checks that the real one passes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from aws_cdk.assertions import Template
from infra_checks import observability
from infra_mutations import library, network, service
from infra_mutations.deployed import Check, Deployed, asked, every_check
from infra_mutations.mutation import Mutation

from infra.settings import Profile

MUTATIONS: list[Mutation] = [*library.MUTATIONS, *network.MUTATIONS, *service.MUTATIONS]
OF_PRODUCTION = {mutation.caught_by for mutation in network.MUTATIONS}
NOTICED = (AssertionError, LookupError, ValueError)
"""What a check raises of a template in which it does not find what it looks for."""
CHECKS = sorted(every_check(), key=lambda check: f"{check.__module__}.{check.__name__}")


def name_of(check: Check) -> str:
    return f"{check.__module__.removeprefix('infra_checks.')}.{check.__name__}"


@pytest.fixture
def deployed(templates: Mapping[str, tuple[Template, Template]], request: pytest.FixtureRequest) -> Deployed:
    """Templates of the profile that the test asks for, to be broken."""
    profile: Profile = request.param
    found = templates[profile]
    return Deployed.of(profile, found[0].to_json(), found[1].to_json())


@pytest.mark.parametrize(
    ("mutation", "deployed"),
    [pytest.param(each, each.profile, id=each.name) for each in MUTATIONS],
    indirect=["deployed"],
)
def test_a_broken_deployment_is_noticed(mutation: Mutation, deployed: Deployed) -> None:
    asked(mutation.caught_by, deployed)  # it passes as it is
    mutation.change(deployed)

    with pytest.raises(NOTICED):
        asked(mutation.caught_by, deployed)


@pytest.mark.parametrize("check", CHECKS, ids=name_of)
def test_every_check_notices_something(check: Check) -> None:
    """A check that no mutation fails may check nothing: give it one in tests/support/infra_mutations."""
    assert check in {mutation.caught_by for mutation in MUTATIONS}


@pytest.mark.parametrize(
    ("check", "deployed"),
    [
        pytest.param(check, profile, id=f"{name_of(check)}-{profile}")
        for check in CHECKS
        for profile in ("development", "production")
        if profile == "production" or check not in OF_PRODUCTION
    ],
    indirect=["deployed"],
)
def test_the_real_deployment_passes_every_check(check: Check, deployed: Deployed) -> None:
    asked(check, deployed)


@pytest.mark.parametrize("deployed", ["production"], indirect=True)
def test_no_alarm_can_be_dropped_unnoticed(deployed: Deployed) -> None:
    """Given any one alarm less, then a check says so."""
    checks = [check for check in CHECKS if check.__module__ == observability.__name__]
    alarms = deployed.of_type("service", "AWS::CloudWatch::Alarm")
    unnoticed = []
    for name, alarm in alarms.items():
        del deployed.service["Resources"][name]
        if not any(_fails(check, deployed) for check in checks if "dashboard" not in check.__name__):
            unnoticed.append(alarm["Properties"]["AlarmName"])
        deployed.service["Resources"][name] = alarm

    assert len(alarms) > 25
    assert unnoticed == []


def _fails(check: Check, deployed: Deployed) -> bool:
    try:
        asked(check, deployed)
    except NOTICED:
        return True
    return False
