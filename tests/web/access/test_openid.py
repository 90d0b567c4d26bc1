"""OpenID Connect against a small provider that speaks it over HTTP, with keys of its own."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import secrets
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import RSAKey

from coursebot.config import Settings
from coursebot.errors import SettingsError
from coursebot.web.access.visitors import Visitors
from coursebot.web.listen import listen
from coursebot.web.signin import routes
from coursebot.web.signin.desk import SignIn
from coursebot.web.signin.openid import BACK, OpenId
from tests.web.conftest import running

CLIENT, SECRET = "coursebot-at-school", "a-secret-of-the-client"
SUB = "248289761001"


class Provider(ThreadingHTTPServer):
    """An authorization server with one user, who agrees to everything."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.key = RSAKey.generate_key(2048, {"kid": "k1"}, private=True)
        self.codes: dict[str, dict[str, str]] = {}
        self.groups: object = ["year-2", "staff"]
        self.wrong: dict[str, object] = {}
        """Claims that are put into the next tokens in the place of the right ones."""
        self.signing = self.key
        self.unsigned = False
        """Whether tokens come without a signature, which it says that it may do."""

    def id_token(self, asked: dict[str, str]) -> str:
        """Return the token for one authorization."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": SUB,
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "nonce": asked.get("nonce", ""),
            "preferred_username": "hana",
            "groups": self.groups,
            **self.wrong,
        }
        if self.unsigned:
            parts = [{"alg": "none", "kid": self.signing.kid}, claims]
            encoded = [base64.urlsafe_b64encode(json.dumps(one).encode()) for one in parts]
            return ".".join([*(one.decode().rstrip("=") for one in encoded), ""])
        return jwt.encode({"alg": "RS256", "kid": self.signing.kid}, claims, self.signing)


class Handler(BaseHTTPRequestHandler):
    """The provider's four addresses."""

    server: Provider

    def do_GET(self) -> None:
        """Describe the provider, give its keys, or send a browser back with a code."""
        way = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(way.query).items()}
        issuer = self.server.issuer
        if way.path == "/.well-known/openid-configuration":
            self._json(
                {
                    "issuer": issuer,
                    "authorization_endpoint": f"{issuer}/authorize",
                    "token_endpoint": f"{issuer}/token",
                    "jwks_uri": f"{issuer}/keys",
                    "id_token_signing_alg_values_supported": ["RS256", "none"],
                }
            )
        elif way.path == "/keys":
            self._json({"keys": [self.server.key.as_dict(private=False)]})
        else:
            code = secrets.token_urlsafe(8)
            self.server.codes[code] = asked
            self.send_response(302)
            back = urlencode({"code": code, "state": asked["state"]})
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()

    def do_POST(self) -> None:
        """Give a token for a code, once, to the client that began and can prove it."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        asked = self.server.codes.pop(sent.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        proof = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).decode().rstrip("=")
        right = (
            asked is not None
            and self.headers["Authorization"] == f"Basic {basic}"
            and asked["code_challenge"] == challenge
            and asked["redirect_uri"] == sent.get("redirect_uri")
        )
        if asked is None or not right:
            self._json({"error": "invalid_grant"}, 400)
            return
        token = {"access_token": "at", "token_type": "Bearer", "expires_in": 300}
        self._json({**token, "id_token": self.server.id_token(asked)})

    def _json(self, value: object, status: int = 200) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """Return the running provider."""
    with Provider() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def desk(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> SignIn:
    """Return the sign-in of a server at a port that is free."""
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    return SignIn(
        Settings.load(
            data=tmp_path_factory.mktemp("data"),
            site=f"http://127.0.0.1:{port}",
            openid_issuer=provider.issuer,
            openid_client=CLIENT,
            openid_secret=SECRET,
            instructor_groups="staff",
        )
    )


@pytest.fixture(scope="module")
def address(desk: SignIn) -> Iterator[str]:
    """Serve signing in by itself, behind the middleware of the whole application."""
    server = FastAPI(openapi_url=None)
    server.include_router(routes.router(desk))
    server.add_middleware(Visitors, desk=desk, settings=Settings())
    assert desk.openid is not None
    port = urlsplit(desk.openid._site).port
    with running(server, port) as found:
        yield found


@pytest.fixture
def browser(address: str, provider: Provider) -> Iterator[httpx.Client]:
    """Return a browser; the provider says the truth again."""
    provider.wrong, provider.signing, provider.unsigned = {}, provider.key, False
    provider.groups = ["year-2", "staff"]
    with httpx.Client(base_url=address, timeout=120) as made:
        yield made


def through(browser: httpx.Client) -> tuple[httpx.Response, str]:
    """Go to the provider and back; return the last answer and the address that led to it."""
    sent = browser.get("/sign-in/openid?next=/read/", follow_redirects=False)
    assert sent.status_code == 302
    back = browser.get(sent.headers["location"], follow_redirects=False).headers["location"]
    return browser.get(back, follow_redirects=False), back


def test_the_school_account_signs_in(browser: httpx.Client, desk: SignIn) -> None:
    """With name, groups and role, and on to where one wanted to go."""
    assert "/sign-in/openid" in browser.get("/sign-in").text
    answer, back = through(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/read/")
    session = desk.sessions.read(browser.cookies["coursebot"])
    assert session is not None
    assert session[0].name == "hana"
    assert session[0].person.teaches
    assert session[0].person.groups == {"year-2", "staff"}
    assert "hana" in browser.get("/sign-in").text
    again = browser.get(back, follow_redirects=False)  # the code, a second time
    assert again.status_code == 401


def test_groups_may_be_a_text(browser: httpx.Client, provider: Provider, desk: SignIn) -> None:
    """As some providers write them; what is no group's name is none."""
    provider.groups = "year-1 *"
    through(browser)
    session = desk.sessions.read(browser.cookies["coursebot"])
    assert session is not None
    assert session[0].person.groups == {"year-1"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://other.example"},
        {"aud": "another-client"},
        {"nonce": "another"},
        {"exp": 1_000_000_000},
        {"preferred_username": "", "sub": ""},
    ],
)
def test_a_token_that_is_not_for_us(
    browser: httpx.Client, provider: Provider, wrong: dict[str, object]
) -> None:
    """Of another issuer, client, sign-in or time, or of nobody."""
    provider.wrong = wrong
    answer, _ = through(browser)
    assert answer.status_code == 401
    assert "coursebot" not in browser.cookies


def test_a_token_that_somebody_else_signed(browser: httpx.Client, provider: Provider) -> None:
    """With a key of the same name that is not the provider's."""
    provider.signing = RSAKey.generate_key(2048, {"kid": "k1"}, private=True)
    assert through(browser)[0].status_code == 401


@pytest.mark.filterwarnings("ignore:JWS algorithm")  # a server would go on with the warning
def test_a_token_that_nobody_signed(browser: httpx.Client, provider: Provider) -> None:
    """Also of a provider that lists that among what it does, as the standard allows."""
    provider.unsigned = True
    assert through(browser)[0].status_code == 401
    assert "coursebot" not in browser.cookies


def test_the_provider_changes_its_key(browser: httpx.Client, provider: Provider) -> None:
    """The new one is asked for when a token names it; what the old one signs is nothing more."""
    assert through(browser)[0].status_code == 303
    old = provider.key
    provider.key = provider.signing = RSAKey.generate_key(2048, {"kid": "k2"}, private=True)
    assert through(browser)[0].status_code == 303
    provider.signing = old
    browser.cookies.clear()
    assert through(browser)[0].status_code == 401


def test_another_browser_cannot_come_back(browser: httpx.Client, address: str) -> None:
    """Nobody is signed in as somebody else by a link, and nothing secret is logged."""
    sent = browser.get("/sign-in/openid", follow_redirects=False)
    back = browser.get(sent.headers["location"], follow_redirects=False).headers["location"]
    with httpx.Client(base_url=address, timeout=120) as other:
        assert other.get(back, follow_redirects=False).status_code == 401
    changed = back.replace("state=", "state=x")
    assert browser.get(changed, follow_redirects=False).status_code == 401


def test_no_code_and_no_secret_is_logged(
    browser: httpx.Client, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither when it works nor when it fails, at the most talkative level of our own."""
    caplog.set_level(logging.DEBUG, logger="coursebot")
    _, back = through(browser)
    provider.wrong = {"aud": "another-client"}
    _, failed = through(browser)
    own = "\n".join(one.getMessage() for one in caplog.records if one.name.startswith("coursebot"))
    assert "OpenID Connect failed" in own
    for address in (back, failed):
        assert parse_qs(urlsplit(address).query)["code"][0] not in own
    assert SECRET not in own


def test_a_provider_that_is_down(tmp_path: Path) -> None:
    """The page says so; nobody waits for long, and nobody is let in."""
    from fastapi.testclient import TestClient

    with listen("127.0.0.1", 0) as free:
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    chosen = Settings.load(
        data=tmp_path, site="http://localhost", openid_issuer=nobody, openid_client="x"
    )
    server = FastAPI(openapi_url=None)
    server.include_router(routes.router(SignIn(chosen)))
    told = TestClient(server).get("/sign-in/openid?lang=en", follow_redirects=False)
    assert told.status_code == 401
    assert "did not work" in told.text
    assert TestClient(server).get(BACK, follow_redirects=False).status_code == 401


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"site": ""}, "COURSEBOT_SITE"),
        ({"site": "http://school.example"}, "COURSEBOT_SITE"),
        ({"openid_issuer": "http://idp.example"}, "COURSEBOT_OPENID_ISSUER"),
        ({"openid_client": ""}, "COURSEBOT_OPENID_CLIENT"),
    ],
)
def test_settings_that_cannot_be(wrong: dict[str, str], said: str) -> None:
    """Are said at the start, by their names."""
    right = {
        "site": "https://ask.school.example",
        "openid_issuer": "https://idp.example",
        "openid_client": "x",
    }
    with pytest.raises(SettingsError, match=said):
        OpenId(Settings.load(**{**right, **wrong}), b"k" * 32)
