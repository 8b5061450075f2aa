"""What Authlib's authorization server grants here, and to whom: see sign_in_server.py."""

from __future__ import annotations

import secrets
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants, list_to_scope, scope_to_list
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode, OpenIDToken
from flask import Flask
from joserfc import jwk
from sign_in_service import (
    CLIENT_ID,
    CODE_SECONDS,
    GRACE_SECONDS,
    ISSUER,
    REFRESH_SECONDS,
    Code,
    RefreshToken,
    SignInService,
    User,
)


class PageClient(ClientMixin):
    """The page: it keeps no secret, and the deployment says where people come back to."""

    def __init__(self, pages: tuple[str, ...]) -> None:
        self.pages = pages

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str) -> str:
        return str(list_to_scope([each for each in scope_to_list(scope) if each in {"openid", "email"}]))

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.pages

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "none"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in {"authorization_code", "refresh_token"}


def authorization_server(app: Flask, service: SignInService) -> AuthorizationServer:
    """By code and by refresh token, for the page alone."""
    client = PageClient(service.pages)

    class ByCode(grants.AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

        def save_authorization_code(self, code: str, asked: Any) -> None:
            data = asked.payload.data
            service.codes[code] = Code(
                code,
                asked.user,
                asked.payload.redirect_uri,
                asked.scope,
                data.get("nonce"),
                data.get("code_challenge"),
                data.get("code_challenge_method"),
                service.now() + CODE_SECONDS,
            )

        def query_authorization_code(self, code: str, _client: PageClient) -> Code | None:
            found = service.codes.get(code)
            return found if found and service.now() < found.ends else None

        def delete_authorization_code(self, code: Code) -> None:
            del service.codes[code.code]

        def authenticate_user(self, code: Code) -> User:
            return code.user

    class ByRefreshToken(grants.RefreshTokenGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ("none",)
        INCLUDE_NEW_REFRESH_TOKEN = True

        def authenticate_refresh_token(self, token: str) -> RefreshToken | None:
            found = service.refreshing.get(token)
            works = found and found.family not in service.revoked and service.now() < found.ends
            return found if works else None

        def authenticate_user(self, token: RefreshToken) -> User:
            return token.user

        def revoke_old_credential(self, token: RefreshToken) -> None:
            token.ends = min(token.ends, service.now() + GRACE_SECONDS)

    class Revocation(RevocationEndpoint):
        CLIENT_AUTH_METHODS = ("none",)

        def query_token(self, token: str, _hint: str | None) -> RefreshToken | None:
            return service.refreshing.get(token)

        def revoke_token(self, token: RefreshToken, _request: Any) -> None:
            service.revoked.add(token.family)

    def save_token(token: dict[str, Any], asked: Any) -> None:
        old: RefreshToken | None = asked.refresh_token
        family = old.family if old else secrets.token_hex()
        ends = old.ends if old else service.now() + REFRESH_SECONDS
        service.refreshing[token["refresh_token"]] = RefreshToken(asked.user, token["scope"], family, ends)

    def query_client(client_id: str) -> PageClient | None:
        return client if client_id == CLIENT_ID else None

    server = AuthorizationServer(app, query_client, save_token)
    server.register_grant(ByCode, [OnlyS256(required=True), IdTokens(service)])
    server.register_grant(ByRefreshToken, [IdTokensAgain(service)])
    server.register_endpoint(Revocation)
    return server


class OnlyS256(CodeChallenge):
    """As Cognito: the other method is not offered."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)


class _Claims(OpenIDToken):
    """What Cognito writes into an id token ("Understanding the identity (ID) token", in its guide)."""

    service: SignInService

    def resolve_client_private_key(self, client: PageClient) -> jwk.RSAKey:
        return self.service.key

    def get_client_algorithm(self, client: PageClient) -> str:
        return "RS256"

    def get_encode_header(self, client: PageClient) -> dict[str, str]:
        return {"alg": "RS256", "kid": "standin"}

    def get_compatible_claims(self, asked: Any) -> dict[str, Any]:
        now = int(self.service.now())
        times = {"iat": now, "exp": now + self.service.id_token_seconds}
        return {"iss": ISSUER, "aud": CLIENT_ID, "token_use": "id", **times}

    def generate_user_info(self, user: User, scope: str) -> dict[str, Any]:
        groups = {"cognito:groups": [*user.groups]} if user.groups else {}
        unique = {"jti": secrets.token_hex()}
        return {"sub": user.sub, "cognito:username": user.sub, "email": user.email, **groups, **unique}


class IdTokens(_Claims, OpenIDCode):
    """For a code; with the nonce that the page asked for."""

    def __init__(self, service: SignInService) -> None:
        super().__init__()
        self.service = service

    def exists_nonce(self, nonce: str, asked: Any) -> bool:
        return any(code.nonce == nonce for code in self.service.codes.values())


class IdTokensAgain(_Claims):
    """For a refresh token; Cognito gives an id token here, too."""

    def __init__(self, service: SignInService) -> None:
        self.service = service
