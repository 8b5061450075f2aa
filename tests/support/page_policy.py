"""The headers that CloudFront sends with the page, from the very construct that deploys them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

# Otherwise Node 20 greets every start on standard error; it must be said before the CDK is imported.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

from aws_cdk import App, Stack
from aws_cdk.assertions import Template
from constructs import Construct
from infra_checks.reading import named
from infra_checks.roles import Names

from infra.app import FLAGS
from infra.concerns.page_headers import PageHeaders
from infra.library_stack import LibraryStack
from infra.settings import Deployment

_SIGN_IN = "https://sign-in.invalid"
_BUCKETS = ("https://BucketsImages.", "https://BucketsDerived.")


@dataclass(frozen=True, slots=True)
class PagePolicy:
    """Headers with names in the place of hosts."""

    headers: Mapping[str, str]

    def at(self, *, sign_in: str, pictures: str) -> dict[str, str]:
        """With the hosts that stand here for Cognito and for both buckets."""
        hosts = {_SIGN_IN: sign_in}
        rules = []
        for rule in self.headers["Content-Security-Policy"].split("; "):
            sources = [pictures if each.startswith(_BUCKETS) else hosts.get(each, each) for each in rule.split()]
            rules.append(" ".join(dict.fromkeys(sources)))
        return {**self.headers, "Content-Security-Policy": "; ".join(rules)}


def deployed_policy() -> PagePolicy:
    """Synthesise it; takes seconds, and Node."""
    app, deployment = App(context=FLAGS), Deployment(profile="development")
    library = LibraryStack(app, deployment.library_stack, deployment=deployment)
    service = Stack(app, deployment.service_stack)
    PageHeaders(Construct(service, "Page"), "Headers", deployment=deployment, library=library, sign_in=_SIGN_IN)
    template = Template.from_stack(service).to_json()
    names = Names(template, Template.from_stack(library).to_json())
    _, policy = named(template, "AWS::CloudFront::ResponseHeadersPolicy", "PageHeadersPage")
    config = policy["Properties"]["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]
    custom = {each["Header"]: each["Value"] for each in config["CustomHeadersConfig"]["Items"]}
    content = names.of(security["ContentSecurityPolicy"]["ContentSecurityPolicy"])
    return PagePolicy(
        {
            "Content-Security-Policy": content,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": security["FrameOptions"]["FrameOption"],
            "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
            "Cache-Control": "no-cache",
            **custom,
        }
    )
