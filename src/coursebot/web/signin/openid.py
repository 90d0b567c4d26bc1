"""An identity provider's word ▶ a person: OpenID Connect, by Authlib (an extra)."""

from __future__ import annotations

import hashlib
import hmac
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import Response
from itsdangerous import BadData, URLSafeTimedSerializer

from coursebot.config import Settings
from coursebot.errors import SettingsError, extra
from coursebot.people import NOBODY, Person
from coursebot.web.signin.given import Given, split

if TYPE_CHECKING:
    from authlib.integrations.starlette_client import StarletteOAuth2App

WAY = "/sign-in/openid"
BACK = f"{WAY}/back"
COOKIE = "coursebot_openid"
MINUTES = 10
"""That somebody may take at the provider."""
SIGNATURES = frozenset(
    ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
)
"""What a token may be signed by: a key that the provider alone has."""
_LISTED = "id_token_signing_alg_values_supported"
SECONDS = 15.0
"""That the provider may take to answer."""

_log = logging.getLogger(__name__)


class OpenId:
    """The authorization code flow with PKCE, state and nonce, for one provider."""

    def __init__(self, chosen: Settings, key: bytes) -> None:
        """Raise SettingsError when something is missing, Authlib included."""
        self._chosen = chosen
        self._given = Given(chosen)
        self._site = chosen.site.rstrip("/")
        self._issuer = chosen.openid_issuer
        for name, address in (("OPENID_ISSUER", self._issuer), ("SITE", self._site)):
            if not _is_safe(address):
                raise SettingsError(
                    f"COURSEBOT_{name}: {address!r} is no https address.",
                    "OpenID Connect needs the provider's address in COURSEBOT_OPENID_ISSUER and "
                    "your own, as learners know it, in COURSEBOT_SITE.",
                )
        if not chosen.openid_client:
            raise SettingsError(
                "COURSEBOT_OPENID_CLIENT: it is not set.",
                "The provider gives it to you when you register your site there.",
            )
        signing = hmac.new(key, b"openid\0", hashlib.sha256).digest()
        self._signer = URLSafeTimedSerializer(signing, salt="coursebot.openid")
        self._client = self._registered()

    def _registered(self) -> StarletteOAuth2App:
        try:
            from authlib.integrations.starlette_client import OAuth
        except ImportError:
            raise SettingsError("OpenID Connect needs Authlib.", extra("openid")) from None
        chosen = self._chosen
        client: StarletteOAuth2App = OAuth().register(
            "openid",
            client_id=chosen.openid_client,
            client_secret=chosen.openid_secret.get_secret_value() or None,
            server_metadata_url=f"{self._issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": chosen.openid_scope,
                "code_challenge_method": "S256",
                "timeout": SECONDS,
            },
        )
        return client

    async def leave(self, request: Request, way: str) -> Response | None:
        """Return what sends a browser to the provider; None when that cannot be asked."""
        session: dict[str, Any] = {}
        request.scope["session"] = session
        try:
            sent: Response = await self._client.authorize_redirect(request, self._site + BACK)
        except Exception as error:
            self._failed(error)
            return None
        session["next"] = way
        sent.set_cookie(
            COOKIE,
            str(self._signer.dumps(session)),
            max_age=MINUTES * 60,
            path=WAY,
            secure=self._site.startswith("https:"),
            httponly=True,
            samesite="lax",
        )
        return sent

    async def back(self, request: Request) -> tuple[Person, str]:
        """Return who came back from the provider, and where they wanted to go; else nobody."""
        try:
            kept = self._signer.loads(request.cookies.get(COOKIE, ""), max_age=MINUTES * 60)
        except BadData:
            return NOBODY, ""
        request.scope["session"] = kept
        try:
            metadata = await self._client.load_server_metadata()
            # Some providers list what is no signature, and Authlib would take it.
            listed = metadata.get(_LISTED) or ()
            metadata[_LISTED] = [one for one in listed if one in SIGNATURES] or ["RS256"]
            token = await self._client.authorize_access_token(request)
            claims = dict(token.get("userinfo") or {})
            # The provider that was named, and not what its description made of that.
            if not claims or metadata.get("issuer") != self._issuer:
                raise ValueError("no claims of the named issuer")
            if self._chosen.openid_groups not in claims and "userinfo_endpoint" in metadata:
                more = dict(await self._client.userinfo(token=token))
                # Of somebody else it would be a stolen token put in here.
                claims |= more if more.get("sub") == claims.get("sub") else {}
        # Whatever a provider sends, it lets nobody in, and the sign-in page says so.
        except Exception as error:
            self._failed(error)
            return NOBODY, ""
        return self._person(claims), str(kept.get("next", ""))

    def end(self, response: Response) -> None:
        """Take the flow's own cookie away."""
        secure = self._site.startswith("https:")
        response.delete_cookie(COOKIE, WAY, secure=secure, httponly=True, samesite="lax")

    def _person(self, claims: dict[str, Any]) -> Person:
        told = claims.get(self._chosen.openid_groups, ())
        groups = split(told) if isinstance(told, str) else told
        held = [one for one in groups if isinstance(one, str)] if isinstance(groups, list) else []
        name = next(
            (
                found
                for key in ("preferred_username", "email", "sub")
                if isinstance(found := claims.get(key), str) and found.strip()
            ),
            "",
        )
        return self._given.person(name, held)

    def _failed(self, error: Exception) -> None:
        # The kind alone: what a provider or a browser sent may hold a code or a token.
        _log.warning("Signing in with OpenID Connect failed: %s", type(error).__name__)


def _is_safe(address: str) -> bool:
    """Whether an address is one of HTTPS, or of this machine."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and local))
