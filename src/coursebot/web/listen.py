"""Host and port ▶ a listening socket, before anything slow is imported."""

from __future__ import annotations

import errno
import socket

from coursebot.errors import SettingsError

WAITING = 128
"""Connections that may wait to be accepted."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raises SettingsError when the address cannot be had."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise SettingsError(
            f"{host!r} is not an address of this machine.", "Try --host 127.0.0.1."
        ) from None
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(WAITING)
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        reason = "the port is taken" if taken else (error.strerror or str(error))
        raise SettingsError(
            f"coursebot cannot listen on {host}:{port}: {reason}.",
            "Choose another with --port; 0 takes a free one.",
        ) from None
    return listener


def address_of(listener: socket.socket) -> str:
    """Return the URL at which ``listener`` is reached from a browser on this machine."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
