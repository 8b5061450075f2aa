"""What must hold for the user pool."""

from __future__ import annotations

from infra_checks.reading import Template, named, of_type, properties, ref

POOL = "AWS::Cognito::UserPool"


def check_administrators_alone_make_users(template: Template) -> None:
    found = properties(template, POOL, "UsersPool")
    assert found["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert found["AccountRecoverySetting"]["RecoveryMechanisms"] == [{"Name": "verified_email", "Priority": 1}]


def check_passwords_are_strong(template: Template) -> None:
    """And an authenticator app can be added; messages by SMS, which others can read, can't."""
    found = properties(template, POOL, "UsersPool")
    policy = found["Policies"]["PasswordPolicy"]
    assert policy["MinimumLength"] >= 12
    assert all(policy[f"Require{what}"] for what in ("Lowercase", "Uppercase", "Numbers", "Symbols"))
    assert found["MfaConfiguration"] == "OPTIONAL"
    assert found["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]


def check_there_are_viewers_and_editors(template: Template) -> None:
    pool, _ = named(template, POOL, "UsersPool")
    groups = [each["Properties"] for each in of_type(template, "AWS::Cognito::UserPoolGroup").values()]
    assert {each["GroupName"] for each in groups} == {"viewers", "editors"}
    assert all(each["UserPoolId"] == ref(pool) for each in groups)
    assert not any("RoleArn" in each for each in groups), "users get no AWS credentials"
