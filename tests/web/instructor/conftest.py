"""What the tests of the workbench's pages share."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.testclient import TestClient

HOME = "http://localhost"


def at_home(application: FastAPI) -> TestClient:
    """Return a browser on this machine that sends forms from the workbench's own pages."""
    return TestClient(
        application,
        base_url=HOME,
        client=("127.0.0.1", 1),
        headers={"Origin": HOME},
        follow_redirects=False,
    )
