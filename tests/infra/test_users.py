"""The user pool, and the secret that signs cursors."""

from __future__ import annotations

from infra_checks import users
from infra_checks.reading import Template, named, properties

from infra.settings import Profile


def test_administrators_alone_make_users(library: Template) -> None:
    users.check_administrators_alone_make_users(library)


def test_passwords_are_strong_and_an_authenticator_app_can_be_added(library: Template) -> None:
    users.check_passwords_are_strong(library)


def test_there_are_viewers_and_editors(library: Template) -> None:
    users.check_there_are_viewers_and_editors(library)


def test_productions_users_are_protected_from_stolen_passwords_and_from_deletion(
    library: Template, profile: Profile
) -> None:
    _, pool = named(library, users.POOL, "UsersPool")
    found = pool["Properties"]
    if profile == "production":
        assert (found["UserPoolTier"], found["UserPoolAddOns"]) == ("PLUS", {"AdvancedSecurityMode": "ENFORCED"})
        assert (found["DeletionProtection"], pool["DeletionPolicy"]) == ("ACTIVE", "Retain")
    else:
        assert found["DeletionProtection"] == "INACTIVE"


def test_the_secret_of_cursors_is_made_by_aws_and_written_nowhere(library: Template) -> None:
    secret = properties(library, "AWS::SecretsManager::Secret", "CursorSecret")
    assert secret["GenerateSecretString"]["PasswordLength"] >= 32
    assert "SecretString" not in secret
