"""Assistant and store ▶ the HTTP API below ``/api/v1``, described by its own OpenAPI."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import RedirectResponse
from starlette.routing import Mount

from coursebot.assistant import Assistant
from coursebot.feedback import Store
from coursebot.web.admission import Admission
from coursebot.web.api import asking, judging, material, problems
from coursebot.web.api.guard import Guard

if TYPE_CHECKING:
    from fastapi.telemetry import TelemetryConfig

    from coursebot.web.watch import Watch

__all__ = ["PATH", "QUIET", "application", "mount"]

PATH = "/api/v1"
QUIET: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}
"""FastAPI's telemetry, off whatever the environment says: it would send questions away."""
_DESCRIPTION = """Questions about course material, answered in the material's own words.

Every error is told as problem details (RFC 9457, `application/problem+json`), with a `hint` at what
to do. Addresses under `reader` are relative to this host. There is no key. Restricted
courses are there for who is signed in, by the cookie that `/sign-in` gives.
"""
_TAGS = [
    {"name": "ask", "description": "Questions and answers."},
    {"name": "material", "description": "The material by itself."},
    {"name": "feedback", "description": "What learners say of answers."},
]


def mount(
    server: FastAPI,
    assistant: Assistant,
    store: Store,
    watch: Watch | None = None,
    admission: Admission | None = None,
) -> None:
    """Put the API into ``server``, which must not have a route of its own for what is below it."""

    @server.get(PATH, include_in_schema=False)
    def described() -> RedirectResponse:
        return RedirectResponse(f"{PATH}/openapi.json")

    below = Mount(PATH, application(assistant, store, watch, admission))
    # A line break in an address is below PATH, too.
    below.path_regex = re.compile(below.path_regex.pattern, re.DOTALL)
    server.router.routes.append(below)


def application(
    assistant: Assistant,
    store: Store,
    watch: Watch | None = None,
    admission: Admission | None = None,
) -> FastAPI:
    """Return the API by itself; its handlers work in threads."""
    admission = admission or Admission.of(assistant.settings)
    api = FastAPI(
        title="coursebot",
        version="1",
        description=_DESCRIPTION,
        openapi_tags=_TAGS,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=QUIET,
        generate_unique_id_function=lambda route: route.name,
    )
    routers = [
        asking.router(assistant, store, admission, watch),
        material.router(assistant, admission),
        judging.router(assistant, store),
    ]
    for router in routers:
        api.include_router(router)
    problems.install(api, [route for router in routers for route in router.routes])
    api.add_middleware(Guard)
    api.openapi = partial(_described, api)  # type: ignore[method-assign]
    return api


def _described(api: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI description, with the problem that every error response names."""
    if api.openapi_schema is None:
        described = get_openapi(
            title=api.title,
            version=api.version,
            description=api.description,
            tags=api.openapi_tags,
            routes=api.routes,
            servers=[{"url": PATH}],
        )
        schema = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = described.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(schema.pop("$defs", {}))
        schemas["Problem"] = schema
        api.openapi_schema = described
    return api.openapi_schema
