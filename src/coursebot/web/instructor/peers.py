"""A request's connection and headers ▶ who sent it, as far as that can be believed."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from coursebot.errors import SettingsError

Networks = tuple[IPv4Network | IPv6Network, ...]

FORWARDING = (
    *("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"),
    *("x-forwarded-server", "x-real-ip", "cf-connecting-ip", "true-client-ip"),
)
"""Headers that only a proxy adds: whoever sends them is not at this machine's own browser."""


def networks(setting: str) -> Networks:
    """Return the networks of ``COURSEBOT_TRUSTED_PROXIES``; raises SettingsError."""
    found = []
    for part in setting.replace(",", " ").split():
        try:
            found.append(ip_network(part, strict=False))
        except ValueError:
            raise SettingsError(
                f"COURSEBOT_TRUSTED_PROXIES: {part!r} is no address or network.",
                "Write addresses such as 10.0.0.7 or networks such as 10.0.0.0/8, with commas.",
            ) from None
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Peer:
    """Where a request came from."""

    address: str
    """Of the client, behind trusted proxies; empty when it is not known."""
    trusted: bool
    """Whether the connection is one of a trusted proxy."""
    local: bool
    """Whether it came from this machine's own browser, and was sent to it by a loopback name."""
    https: bool
    """Whether the browser's own connection is encrypted."""


def peer_of(scope: Any, trusted: Networks) -> Peer:  # noqa: ANN401 — an ASGI scope
    """Return where a request came from."""
    headers = Headers(scope=scope)
    near = _address((scope.get("client") or ("",))[0])
    from_proxy = near is not None and _within(near, trusted)
    address = str(near) if near else ""
    if from_proxy:
        # Each proxy adds whom it heard from at the end; what stands before may be made up.
        for hop in reversed(",".join(headers.getlist("x-forwarded-for")).split(",")):
            parsed = _address(hop.strip())
            if parsed is None:
                break
            address = str(parsed)
            if not _within(parsed, trusted):
                break
    # No browser speaks HTTP/1.0, but some proxies do that add no header.
    forwarded = any(name in headers for name in FORWARDING) or scope.get("http_version") == "1.0"
    local = (
        near is not None and near.is_loopback and not forwarded and _loopback(headers.get("host"))
    )
    proto = headers.get("x-forwarded-proto", "").split(",")[-1].strip().lower()
    https = scope.get("scheme") == "https" or (from_proxy and proto == "https")
    return Peer(address, from_proxy, local, https)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed


def _within(address: IPv4Address | IPv6Address, trusted: Networks) -> bool:
    return any(address in network for network in trusted)


def _loopback(host: str | None) -> bool:
    """Whether ``Host`` is this machine by name; another name may have been made to lead here."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    parsed = _address(name)
    return name == "localhost" or (parsed is not None and parsed.is_loopback)
