"""The CDK app. `cdk.json` runs it; so can you: `python -m infra.app` writes the templates to `cdk.out`."""

from __future__ import annotations

import sys
from pathlib import Path

from aws_cdk import App, Environment, Tags, Validations
from aws_cdk.cx_api import CloudAssembly
from cdk_nag import AwsSolutionsChecks

from infra.assets import Assets, AssetsMissing
from infra.library_stack import LibraryStack
from infra.service_stack import ServiceStack
from infra.settings import Deployment, DeploymentError

WRONG_USAGE = 2
FLAGS = {
    # Where the code of a function is on this machine: `sam local` reads it. The CDK's command line says so, too.
    "aws:cdk:enable-asset-metadata": True,
    # Access logs by a bucket policy: our buckets have no ACLs.
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    # The account's API Gateway settings are not one API's to change.
    "@aws-cdk/aws-apigateway:disableCloudWatchRole": True,
    # Statements with the same effect are one statement.
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/core:checkSecretUsage": True,
    # Names of a partition's domains are written out: there are three, and we are in `aws`.
    "@aws-cdk/core:target-partitions": ["aws"],
}
"""The CDK's feature flags that matter here, whoever starts the app."""


def synthesised(deployment: Deployment, assets: Assets, outdir: Path | None = None) -> CloudAssembly:
    """The templates of both stacks. Raises where cdk-nag finds what nobody has acknowledged."""
    app = _app(outdir)
    build(app, deployment, assets)
    return app.synth()


def build(app: App, deployment: Deployment, assets: Assets) -> tuple[LibraryStack, ServiceStack]:
    """Both stacks in that app, watched by cdk-nag."""
    env = Environment(account=deployment.account, region=deployment.region)
    library = LibraryStack(
        app,
        deployment.library_stack,
        deployment=deployment,
        env=env,
        termination_protection=deployment.protected,
        description="imagesearch: pictures, their changes, the index, users",
    )
    service = ServiceStack(
        app,
        deployment.service_stack,
        deployment=deployment,
        library=library,
        assets=assets,
        env=env,
        description="imagesearch: functions, API, page",
    )
    Tags.of(app).add("application", deployment.name)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return library, service


def main() -> int:
    """Synthesise what the context describes. Status 2: it is no deployment; 1: something is missing or wrong."""
    app = _app()
    try:
        deployment = Deployment.of_context(app.node.get_all_context())
    except DeploymentError as error:
        print(f"Wrong context: {error}", file=sys.stderr)
        return WRONG_USAGE
    try:
        build(app, deployment, Assets.of_checkout())
    except AssetsMissing as error:
        print(error, file=sys.stderr)
        return 1
    return _written(app)


def _written(app: App) -> int:
    try:
        app.synth()
    except RuntimeError as error:
        if not str(error).startswith("ValidationFailed"):
            raise
        print("cdk-nag found what is shown above: mend it, or acknowledge it with its reason.", file=sys.stderr)
        return 1
    return 0


def _app(outdir: Path | None = None) -> App:
    return App(analytics_reporting=False, context=FLAGS, outdir=str(outdir) if outdir else None)


if __name__ == "__main__":
    sys.exit(main())
