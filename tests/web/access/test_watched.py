"""What is seen of a server by whoever runs it, where some courses are restricted."""

from __future__ import annotations

import httpx
import pytest

from tests.web.access.conftest import QUESTION, WORD, School

PROXIED = {"X-Forwarded-For": "203.0.113.9"}


@pytest.mark.parametrize("path", ["/nothing", "/login", "/healthz", "/api/v1/courses", "/metrics"])
def test_every_answer_has_an_id_and_the_security_headers(outsider: httpx.Client, path: str) -> None:
    """Also one that is refused before any route sees it."""
    answer = outsider.get(path, headers={"X-Request-ID": "mine-1"})
    assert answer.headers["x-request-id"] == "mine-1"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_figures_are_of_everything_and_name_no_restricted_course(
    school: School, member: httpx.Client
) -> None:
    """Whoever runs the server learns how much there is; which course it is takes the token."""
    asked = member.post("/api/v1/ask", json={"question": QUESTION, "course": "vault"})
    assert WORD in asked.text
    with school.browser() as nobody:
        text = nobody.get("/metrics").text
        assert 'coursebot_index_contents{kind="courses"} 2.0' in text
        assert 'course="(restricted)"' in text
        assert "vault" not in text
        assert WORD not in text


def test_probes_are_for_anybody_and_figures_are_not(outsider: httpx.Client) -> None:
    """Over a proxy nobody is the operator, whoever they are."""
    assert outsider.get("/healthz", headers=PROXIED).text == "ok\n"
    ready = outsider.get("/readyz", headers=PROXIED)
    assert (ready.status_code, "reason" in ready.text) == (200, False)
    assert outsider.get("/metrics", headers=PROXIED).status_code == 401
