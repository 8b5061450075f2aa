"""Two templates that belong together, and how each check of `infra_checks` is asked about them."""

from __future__ import annotations

import copy
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import infra_checks
from infra_checks import api, domain, events, functions, observability, policies, roles
from infra_checks.roles import Rights

from infra.settings import INDEX_TIMEOUT_SECONDS, Profile

Stack = Literal["library", "service"]
RETENTION: Mapping[Profile, int] = {"development": 14, "production": 90}
DOMAIN_LOGS = ("ES_APPLICATION_LOGS", "INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS")
BUDGETS: Mapping[Profile, int] = {"development": 100, "production": 1500}


@dataclass(frozen=True)
class Deployed:
    """The templates of a profile, to be broken, and what held for them before."""

    profile: Profile
    library: dict[str, Any]
    service: dict[str, Any]
    rights: Mapping[str, Rights]
    """Of each role, as the table of test_roles.py has them."""
    trust: Mapping[str, str]
    answers: frozenset[str]
    """The gateway's own."""

    @classmethod
    def of(cls, profile: Profile, library: Mapping[str, Any], service: Mapping[str, Any]) -> Self:
        """Copies, which can be broken."""
        trust = {
            name[: -roles.HASH]: each["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"]
            for name, each in service["Resources"].items()
            if each["Type"] == "AWS::IAM::Role"
        }
        return cls(
            profile,
            copy.deepcopy(dict(library)),
            copy.deepcopy(dict(service)),
            roles.rights(service, library),
            trust,
            frozenset(api.problems(service)),
        )

    def named(self, stack: Stack, kind: str, start: str) -> dict[str, Any]:
        """The one resource of that type whose logical id starts so, followed by the CDK's digits."""
        resources = (self.library if stack == "library" else self.service)["Resources"]
        found = [each for name, each in resources.items() if each["Type"] == kind and name[:-8] == start]
        assert len(found) == 1, f"there are {len(found)} of {kind} {start}"
        resource: dict[str, Any] = found[0]
        return resource

    def properties(self, stack: Stack, kind: str, start: str) -> dict[str, Any]:
        found: dict[str, Any] = self.named(stack, kind, start)["Properties"]
        return found

    def of_type(self, stack: Stack, kind: str) -> dict[str, dict[str, Any]]:
        resources = (self.library if stack == "library" else self.service)["Resources"]
        return {name: each for name, each in resources.items() if each["Type"] == kind}


Check = Callable[..., None]
Asked = Callable[[Deployed], None]


def every_check() -> set[Check]:
    """All functions `check_…` of the modules of `infra_checks`."""
    modules = [
        importlib.import_module(f"infra_checks.{module.name}") for module in pkgutil.iter_modules(infra_checks.__path__)
    ]
    return {
        found
        for module in modules
        for name, found in inspect.getmembers(module, inspect.isfunction)
        if name.startswith("check_") and found.__module__ == module.__name__
    }


_ASKED: Mapping[Check, Asked] = {
    domain.check_domain_writes_logs: lambda d: domain.check_domain_writes_logs(
        d.library, *DOMAIN_LOGS, *(["AUDIT_LOGS"] if d.profile == "production" else [])
    ),
    events.check_queue_loses_nothing: lambda d: events.check_queue_loses_nothing(
        d.library, 1, timeout_seconds=INDEX_TIMEOUT_SECONDS
    ),
    events.check_queue_gets_changes_alone: lambda d: events.check_queue_gets_changes_alone(d.library, 1),
    events.check_nobody_sends_dead_letters: lambda d: events.check_nobody_sends_dead_letters(d.library, 1),
    policies.check_services_act_for_this_account: lambda d: policies.check_services_act_for_this_account(
        d.library, kinds=("AWS::KMS::Key", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy")
    ),
    policies.check_no_action_is_a_wildcard: lambda d: _both(policies.check_no_action_is_a_wildcard, d),
    policies.check_nobody_is_everybody: lambda d: _both(policies.check_nobody_is_everybody, d),
    functions.check_every_function: lambda d: functions.check_every_function(
        d.service, retention_days=RETENTION[d.profile]
    ),
    functions.check_log_groups_forget: lambda d: functions.check_log_groups_forget(
        d.service, retention_days=RETENTION[d.profile]
    ),
    roles.check_roles_may_do_exactly: lambda d: roles.check_roles_may_do_exactly(d.service, d.library, d.rights),
    roles.check_roles_trust: lambda d: roles.check_roles_trust(d.service, d.trust),
    api.check_problems: lambda d: api.check_problems(d.service, set(d.answers)),
    observability.check_queues_have_alarms: lambda d: observability.check_queues_have_alarms(d.service, 1),
    observability.check_budget_is_told: lambda d: observability.check_budget_is_told(
        d.service, usd=BUDGETS[d.profile], email=None
    ),
}
"""Those that want to know more than the templates."""


def asked(check: Check, about: Deployed) -> None:
    """Ask one check about the templates. Raises what it raises."""
    if check in _ASKED:
        _ASKED[check](about)
        return
    of_stack = {"library": about.library, "service": about.service, "template": about.library}
    check(**{name: of_stack[name] for name in inspect.signature(check).parameters})


def _both(check: Check, about: Deployed) -> None:
    check(about.library)
    check(about.service)
