"""An authorization server in the place of Cognito's.

It is Authlib's, so that the page is held to RFC 6749, 7009, 7636 and OpenID Connect as somebody else has read them.
What is Cognito's own is here as its documentation tells it (developer guide, "User pool endpoints and managed login
reference"): paths, claims, rotating refresh tokens with a grace period, `invalid_grant`, sign-out. The page was never
run against Cognito itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc7009 import RevocationEndpoint
from flask import Flask, redirect, request, session
from flask.typing import ResponseReturnValue
from sign_in_grants import authorization_server
from sign_in_service import CLIENT_ID, PASSWORD, SignInService, User

from imagesearch_local.gateway.serving import LoopbackServer, serving

LOGIN: Final = """<!doctype html><html lang="en"><title>Sign in</title><link rel="icon" href="data:,">
<form method="post"><label>Email <input name="username"></label>
<label>Password <input name="password" type="password"></label>
<button name="do" value="sign-in">Sign in</button> <button name="do" value="cancel">Cancel</button></form>"""


@contextmanager
def running_sign_in(service: SignInService) -> Iterator[SignInService]:
    """Serve it while the block runs, at an origin of its own."""
    with serving(LoopbackServer(0), _app(service), drain_seconds=5) as server:
        service.url = f"http://localhost:{server.port}"
        yield service


def _app(service: SignInService) -> Flask:
    app = Flask("sign-in")
    app.secret_key = secrets.token_bytes()
    app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
    server = authorization_server(app, service)

    @app.before_request
    def perhaps_down() -> ResponseReturnValue | None:
        return ("", 503) if service.down else None

    @app.get("/oauth2/authorize")
    def authorize() -> ResponseReturnValue:
        try:
            server.get_consent_grant(end_user=_signed_in(service))
        except OAuth2Error as error:
            return _told(server, error)
        if not _signed_in(service):
            return redirect(f"/login?{request.query_string.decode()}")
        return _to_page(server, _signed_in(service))

    @app.route("/login", methods=["GET", "POST"])
    def login() -> ResponseReturnValue:
        if request.method == "GET":
            return LOGIN
        if request.form["do"] == "cancel":
            return _to_page(server, None)
        if request.form["password"] == PASSWORD:
            session["user"] = request.form["username"]
        return _to_page(server, _signed_in(service)) if _signed_in(service) else LOGIN

    @app.post("/oauth2/token")
    def token() -> ResponseReturnValue:
        response = server.create_token_response()
        asked = request.form.get("grant_type", "")
        (service.granted if response.status_code == 200 else service.refused).append(asked)
        # Pages of any origin may ask: there is no cookie that could be misused.
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    @app.post("/oauth2/revoke")
    def revoke() -> ResponseReturnValue:
        return server.create_endpoint_response(RevocationEndpoint.ENDPOINT_NAME)

    @app.get("/logout")
    def logout() -> ResponseReturnValue:
        back = request.args.get("logout_uri", "")
        if request.args.get("client_id") != CLIENT_ID or back not in service.pages:
            return "Required String parameter 'redirect_uri' is not present", 400
        session.clear()
        return redirect(back)

    return app


def _signed_in(service: SignInService) -> User | None:
    """By the cookie of the sign-in service itself, which outlives the page's tokens."""
    return next((user for user in service.users if user.email == session.get("user")), None)


def _to_page(server: AuthorizationServer, user: User | None) -> ResponseReturnValue:
    # Authlib reads the request of the page from the query alone.
    grant = server.get_consent_grant(end_user=user)
    return server.create_authorization_response(grant=grant, grant_user=user)


def _told(server: AuthorizationServer, error: OAuth2Error) -> ResponseReturnValue:
    """To the page where that may be; a page that is not known is never led to."""
    return server.handle_error_response(server.create_oauth2_request(None), error)
