"""Every address of the application ▶ who may call it; what is not in this table is not there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from starlette.routing import compile_path


class Who(StrEnum):
    """Who may call an address."""

    ANYONE = "anyone"
    """Everybody, who sees there what they may see: see ``Assistant.seen``."""
    TEACHERS = "teachers"
    """Instructors and admins: the door of the workbench lets them in."""
    OPERATORS = "operators"
    """Who runs the server, by a door of that address's own."""
    NOBODY = "nobody"
    """It is not there: of Gradio's, and not needed."""


def _all(who: Who, *paths: str) -> dict[str, Who]:
    return dict.fromkeys(paths, who)


TABLE: Mapping[str, Who] = {
    **_all(
        Who.ANYONE,
        # the page, and what it is made of
        *("/", "/embed", "/embed/", "/page", "/page/{path:path}", "/reader.css"),
        *("/config", "/config/", "/svelte/{path:path}", "/static/{path:path}"),
        *("/assets/{path:path}", "/favicon.ico", "/theme.css", "/robots.txt"),
        *("/pwa_icon", "/pwa_icon/{size}", "/manifest.json"),
        # the reader
        *("/read", "/read/", "/read/{path:path}"),
        # signing in and out
        *("/sign-in", "/sign-out", "/sign-in/openid", "/sign-in/openid/back"),
        # the API
        *("/api/v1", "/api/v1/openapi.json", "/api/v1/ask", "/api/v1/search"),
        *("/api/v1/courses", "/api/v1/sections", "/api/v1/sections/{path:path}"),
        *("/api/v1/feedback", "/api/v1/feedback/{id}"),
        # what the page sends, and the tools
        *("/gradio_api/queue/join", "/gradio_api/queue/data", "/gradio_api/cancel"),
        *("/gradio_api/reset", "/gradio_api/reset/", "/gradio_api/heartbeat/{session_hash}"),
        # whether the server is back: without it the page would wait for ever
        *("/gradio_api/app_id", "/gradio_api/app_id/"),
        *("/gradio_api/startup-events", "/gradio_api/info", "/gradio_api/info/"),
        *("/gradio_api/openapi.json", "/gradio_api/run/{api_name}", "/gradio_api/run/{api_name}/"),
        *("/gradio_api/call/{api_name}", "/gradio_api/call/{api_name}/"),
        *("/gradio_api/call/{api_name}/{event_id}", "/gradio_api/call/v2/{api_name}"),
        *("/gradio_api/call/v2/{api_name}/", "/gradio_api/call/v2/{api_name}/{event_id}"),
        *("/gradio_api/mcp", "/gradio_api/mcp/", "/gradio_api/mcp/schema", "/gradio_api/mcp/sse"),
        *("/gradio_api/mcp/messages", "/gradio_api/mcp/messages/"),
        # whether it is up
        *("/healthz", "/readyz"),
    ),
    **_all(Who.OPERATORS, "/metrics"),
    **_all(
        Who.TEACHERS,
        *("/instructor", "/instructor/files/{name}", "/instructor/login", "/instructor/logout"),
        *("/instructor/golden", "/instructor/golden/new", "/instructor/golden/export"),
        *("/instructor/golden/{id}", "/instructor/golden/check", "/instructor/golden/take"),
        *("/instructor/golden/import", "/instructor/report.css", "/instructor/runs"),
        *("/instructor/jobs", "/instructor/jobs/{id}/cancel", "/instructor/jobs/{id}/dismiss"),
        *("/instructor/runs/{name}", "/instructor/runs/{name}/delete"),
        *("/instructor/runs/{name}/threshold", "/instructor/runs/{name}/items/{id}"),
        *("/instructor/runs/{name}/export.csv", "/instructor/runs/{name}/items.jsonl"),
        *("/instructor/runs/{name}/report.html", "/instructor/runs/{name}/resume"),
        *("/instructor/runs/{name}/pin", "/instructor/runs/{name}/unpin"),
        *("/instructor/compare", "/instructor/compare.html", "/instructor/inbox"),
        *("/instructor/inbox/{id}", "/instructor/inbox/{id}/dismiss"),
        *("/instructor/inbox/{id}/reopen", "/instructor/bench", "/instructor/{rest:path}"),
    ),
    **_all(
        Who.NOBODY,
        # Gradio's own logins, its watching of events, and its ways to files and other hosts
        *("/login", "/login/", "/logout", "/monitoring", "/monitoring/summary"),
        *("/monitoring/{key}", "/gradio_api/user", "/gradio_api/user/"),
        *("/gradio_api/login_check", "/gradio_api/login_check/", "/gradio_api/token"),
        *("/gradio_api/token/", "/gradio_api/deep_link", "/gradio_api/dev/reload"),
        *(
            "/gradio_api/runs",
            "/gradio_api/runs/",
            "/gradio_api/queue/status",
            "/gradio_api/theme.css",
        ),
        "/gradio_api/custom_component/{id}/{environment}/{type}/{file_name}",
        *("/gradio_api/proxy={url_path:path}", "/gradio_api/file={path_or_url:path}"),
        *("/gradio_api/file/{path:path}", "/gradio_api/stream/{event_id}"),
        "/gradio_api/stream/{event_id}/close",
        "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist.m3u8",
        "/gradio_api/stream/{session_hash}/{run}/{component_id}/{segment_id}.{ext}",
        "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist-file",
        *("/gradio_api/api/{api_name}", "/gradio_api/api/{api_name}/"),
        *("/gradio_api/component_server", "/gradio_api/component_server/"),
        *("/gradio_api/upload", "/gradio_api/upload_progress", "/gradio_api/process_recording"),
        *("/gradio_api/vibe-edit", "/gradio_api/vibe-edit/", "/gradio_api/undo-vibe-edit"),
        *("/gradio_api/undo-vibe-edit/", "/gradio_api/vibe-code", "/gradio_api/vibe-code/"),
        *("/gradio_api/vibe-starter-queries", "/gradio_api/vibe-starter-queries/"),
    ),
}
"""Paths as the routes write them."""

OWN = ("/api/v1/", "/instructor/")
"""Below these, what is not there is told in a form of its own."""

_THERE = re.compile(
    "|".join(
        # Each by itself: names of parameters repeat.
        re.sub(r"\?P<\w+>", "?:", compile_path(path)[0].pattern)
        for path, who in TABLE.items()
        if who is not Who.NOBODY
    ),
    re.DOTALL,
)


def there(path: str) -> bool:
    """Whether anybody may call a path."""
    return path.startswith(OWN) or _THERE.match(path) is not None
