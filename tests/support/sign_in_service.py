"""What a sign-in service knows: people, codes, refresh tokens, and whether an id token is good."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from joserfc import jwk, jwt
from joserfc.errors import JoseError

REGION: Final = "eu-central-1"
POOL: Final = f"{REGION}_STANDIN"
ISSUER: Final = f"https://cognito-idp.{REGION}.amazonaws.com/{POOL}"
CLIENT_ID: Final = "standin0client1of2the3page"
PASSWORD: Final = "Twelve-chars+1"
HOUR: Final = 3600
CODE_SECONDS: Final = 5 * 60
GRACE_SECONDS: Final = 60
"""For how long a refresh token works that was used: as infra/concerns/page.py has it."""
REFRESH_SECONDS: Final = 30 * 24 * HOUR


@dataclass(frozen=True, slots=True)
class User:
    """Somebody of the user pool."""

    email: str
    groups: tuple[str, ...] = ()

    @property
    def sub(self) -> str:
        return f"sub-of-{self.email}"


ADA: Final = User("ada@example.org", ("editors",))
VIC: Final = User("vic@example.org", ("viewers",))
NOBODY: Final = User("noah@example.org")


@dataclass
class Code:
    """What somebody brings back to the page."""

    code: str
    user: User
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None
    ends: float

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(self.ends) - CODE_SECONDS

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


@dataclass
class RefreshToken:
    """What the page keeps."""

    user: User
    scope: str
    family: str
    """What came from one sign-in, and is revoked together."""
    ends: float

    def check_client(self, client: Any) -> bool:
        return bool(client.get_client_id() == CLIENT_ID)

    def get_scope(self) -> str:
        return self.scope


@dataclass
class SignInService:
    """What a test may see of it, and change."""

    pages: tuple[str, ...]
    """Where people come back to, after signing in or out."""
    users: list[User] = field(default_factory=lambda: [ADA, VIC, NOBODY])
    url: str = ""
    later: float = 0
    """Seconds by which its clock, and the API's, is ahead of the browser's."""
    id_token_seconds: int = HOUR
    """How long an id token lives."""
    down: bool = False
    """Nothing is answered but 503."""
    granted: list[str] = field(default_factory=list)
    """How tokens were asked for, and given."""
    refused: list[str] = field(default_factory=list)
    codes: dict[str, Code] = field(default_factory=dict)
    refreshing: dict[str, RefreshToken] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    key: jwk.RSAKey = field(default_factory=lambda: jwk.RSAKey.generate_key(2048, {"kid": "standin", "use": "sig"}))

    def now(self) -> float:
        return time.time() + self.later

    def sign_everybody_out(self) -> None:
        """As an administrator does: no refresh token works any more."""
        self.revoked |= {each.family for each in self.refreshing.values()}

    def verified(self, authorization: str) -> Mapping[str, Any] | None:
        """The claims of a header as API Gateway's authorizer reads it, None where it would answer 401."""
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer":
            return None
        rules = jwt.JWTClaimsRegistry(
            now=lambda: int(self.now()),
            leeway=0,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": CLIENT_ID},
            exp={"essential": True},
            token_use={"essential": True, "value": "id"},
        )
        try:
            claims = jwt.decode(token, self.key, ["RS256"]).claims
            rules.validate(claims)
        except (JoseError, ValueError):
            return None
        return claims
