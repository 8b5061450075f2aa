"""Who may search, and who may change things."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.settings import Deployment

VIEWERS = "viewers"
EDITORS = "editors"


class Users(Construct):
    """A user pool that administrators fill, with viewers and editors."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment) -> None:
        super().__init__(scope, construct_id)
        self.pool = cognito.UserPool(
            self,
            "Pool",
            user_pool_name=deployment.name,
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
                temp_password_validity=Duration.days(3),
            ),
            feature_plan=cognito.FeaturePlan.PLUS if deployment.production else cognito.FeaturePlan.ESSENTIALS,
            # Stolen passwords and odd sign-ins are refused: the plan is paid for by active user.
            standard_threat_protection_mode=cognito.StandardThreatProtectionMode.FULL_FUNCTION
            if deployment.production
            else None,
            deletion_protection=deployment.protected,
            # Kept when its creation is rolled back, too: what is protected from deletion would block the rollback.
            removal_policy=RemovalPolicy.RETAIN if deployment.protected else RemovalPolicy.DESTROY,
        )
        self.pool.add_group(VIEWERS, group_name=VIEWERS, description="May search, and look at pictures")
        self.pool.add_group(EDITORS, group_name=EDITORS, description="May also upload, edit and delete", precedence=1)
        _acknowledge(self.pool, deployment)


def _acknowledge(pool: cognito.UserPool, deployment: Deployment) -> None:
    reasons = {
        "AwsSolutions-COG2": "A second factor (authenticator apps) is offered to everyone and forced on nobody: "
        "families and small teams decide for themselves.",
    }
    if not deployment.production:
        reasons["AwsSolutions-COG8"] = (
            "Threat protection is paid for by user: the profile 'development' does without, 'production' has it."
        )
    acknowledge(pool, reasons)
