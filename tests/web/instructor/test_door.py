"""The way into the workbench, on the whole application: who comes in, and that nobody else does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from coursebot import index
from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.feedback import Store
from coursebot.people.passwords import hashed
from tests.web.conftest import application

PASSWORD = "four quiet words here"
SITE = "http://testserver"

Make = Callable[..., FastAPI]


@pytest.fixture
def make(tmp_path: Path, hash_encoder: HashEncoder) -> Iterator[Make]:
    """Return a function that makes the whole application with some settings."""
    course = tmp_path / "corpus" / "c"
    course.mkdir(parents=True)
    (course / "a.md").write_text("# A\n\nA token lasts 3 hours.\n", encoding="utf-8")
    folder = tmp_path / "index"
    index.build(tmp_path / "corpus", folder, hash_encoder, passage_tokens=64)
    stores = []

    def made(**changes: object) -> FastAPI:
        chosen = Settings.load(
            **{
                "corpus": tmp_path / "corpus",
                "index": folder,
                "data": tmp_path / "data",
                "runs": tmp_path / "runs",
                **changes,
            }
        )
        stores.append(Store.open(chosen))
        return application(Assistant.open(settings=chosen), stores[-1])

    yield made
    for store in stores:
        store.close()


def client(app: FastAPI, near: str = "192.0.2.1", site: str = SITE, **headers: str) -> TestClient:
    """Return a browser at an address that sends forms from the site's own pages."""
    return TestClient(
        app,
        base_url=site,
        client=(near, 50000),
        follow_redirects=False,
        headers={"Origin": site, **headers},
    )


def enter(browser: TestClient, password: str) -> int:
    """Send a password and return the status of what comes of it."""
    return browser.post("/instructor/login", data={"password": password}).status_code


def addresses(router: Any) -> Iterator[str]:  # noqa: ANN401 — FastAPI's own classes
    """Yield the paths of all routes, those of included routers too."""
    for route in router.routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from addresses(inner)
        elif getattr(route, "path", None):
            yield route.path


def test_without_a_setting_only_this_machine_comes_in(make: Make) -> None:
    """By a loopback name and through no proxy; everybody else is told which variable to set."""
    app = make()
    local = "http://localhost"
    assert client(app, "127.0.0.1", local).get("/instructor").status_code == 200
    refused = [
        client(app).get("/instructor"),
        client(app, site=local).get("/instructor"),
        client(app, "127.0.0.1", "http://evil.example").get("/instructor"),
        client(app, "127.0.0.1", local, **{"X-Forwarded-For": "127.0.0.1"}).get("/instructor"),
    ]
    assert [answer.status_code for answer in refused] == [403] * 4
    assert all("COURSEBOT_INSTRUCTOR_PASSWORD" in answer.text for answer in refused)


@pytest.mark.parametrize("stored", [PASSWORD, hashed(PASSWORD)], ids=["plain", "hash"])
def test_a_password_opens_the_workbench(make: Make, stored: str) -> None:
    """With a cookie that no script and no other site gets; logging out shuts it again."""
    browser = client(make(instructor_password=stored))
    answer = browser.get("/instructor/runs?course=c")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/instructor/login?next=%2Finstructor%2Fruns%3Fcourse%3Dc"
    assert browser.get(answer.headers["location"]).status_code == 200
    answer = browser.post("/instructor/login", data={"password": PASSWORD, "next": "//evil"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/instructor")
    cookie = answer.headers["set-cookie"].casefold()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/instructor" in cookie
    assert "secure" not in cookie
    page = browser.get("/instructor")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    browser.post("/instructor/logout")
    assert browser.get("/instructor").status_code == 303


def test_over_https_the_cookie_is_for_https_alone(make: Make) -> None:
    """So that it is never sent in the clear."""
    browser = client(make(instructor_password=PASSWORD), site="https://testserver")
    answer = browser.post("/instructor/login", data={"password": PASSWORD})
    assert "secure" in answer.headers["set-cookie"].casefold()


def test_another_password_ends_every_login(make: Make) -> None:
    """The cookie of before opens nothing any more."""
    browser = client(make(instructor_password=PASSWORD))
    assert enter(browser, PASSWORD) == 303
    later = client(make(instructor_password="another four quiet words"))
    later.cookies = browser.cookies
    assert later.get("/instructor").status_code == 303


def test_twenty_wrong_passwords(make: Make) -> None:
    """After five the address has to wait, with the right one too; another address does not."""
    app = make(instructor_password=PASSWORD)
    browser = client(app)
    assert [enter(browser, f"wrong {n}") for n in range(20)] == [401] * 5 + [429] * 15
    answer = browser.post("/instructor/login", data={"password": PASSWORD})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 300
    assert browser.get("/instructor").status_code == 303
    assert enter(client(app, "192.0.2.2"), PASSWORD) == 303


def test_a_proxy_names_the_instructor(make: Make) -> None:
    """Only one that is trusted, and only once; its name is shown as text."""
    app = make(instructor_header="X-User", trusted_proxies="10.0.0.0/8")
    page = client(app, "10.1.2.3", **{"X-User": "<b>Sato"}).get("/instructor")
    assert page.status_code == 200
    assert "&lt;b&gt;Sato" in page.text
    assert client(app, "10.1.2.3").get("/instructor").status_code == 403
    assert client(app, **{"X-User": "Sato"}).get("/instructor").status_code == 403
    twice = [("X-User", "Sato"), ("X-User", "root")]
    assert client(app, "10.1.2.3").get("/instructor", headers=twice).status_code == 403
    assert client(app, "127.0.0.1", "http://localhost").get("/instructor").status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": SITE},
        {"Sec-Fetch-Site": "same-site", "Origin": SITE},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
    ],
)
def test_no_other_site_sends_a_form(make: Make, headers: dict[str, str]) -> None:
    """Not even with the instructor's own cookie."""
    browser = client(make(instructor_password=PASSWORD))
    assert enter(browser, PASSWORD) == 303
    assert browser.post("/instructor/golden", headers=headers).status_code == 403


def test_a_program_without_an_origin_sends_nothing(make: Make) -> None:
    """Only pages of the workbench do."""
    browser = client(make(), "127.0.0.1", "http://localhost")
    del browser.headers["Origin"]
    assert browser.post("/instructor/golden").status_code == 403


def test_no_route_answers_without_a_login(make: Make) -> None:
    """Every one below the workbench's address, with every method, files and data included."""
    app = make(instructor_password=PASSWORD)
    browser = client(app)
    paths = {
        re.sub(r"{\w+(:path)?}", "x", path)
        for path in addresses(app)
        if path.startswith("/instructor")
    }
    files = Path(__file__).parents[3] / "src/coursebot/web/instructor/files"
    paths |= {f"/instructor/files/{file.name}" for file in files.iterdir()}
    assert len(paths) > 25
    for path in sorted(paths - {"/instructor/files/instructor.css"}):
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            answer = browser.request(method, path)
            assert answer.status_code in (303, 401, 403), (method, path)
            if answer.status_code == 303:
                assert answer.headers["location"].startswith("/instructor/login"), path


@pytest.mark.parametrize(
    "path",
    [
        *("/Instructor", "/INSTRUCTOR/runs", "/%69nstructor/runs", "/instructor%2Fruns"),
        *("/instructor/", "/instructor//runs", "/x/..%2finstructor/runs", "/%2finstructor"),
        *("/.%2finstructor", "/instructor;/runs", "/instructor%00", "/instructor/../instructor"),
    ],
)
def test_no_other_spelling_leads_in(make: Make, path: str) -> None:
    """Whatever it leads to, it is nothing of the workbench."""
    answer = client(make(instructor_password=PASSWORD)).get(path)
    inside = answer.status_code == 200 and 'class="desk-nav"' in answer.text
    assert not inside
    assert answer.status_code in (200, 303, 307, 400, 403, 404)


def test_learners_get_what_they_got(make: Make) -> None:
    """Their page, the reader and the API need no login, and name nothing of the workbench."""
    browser = client(make(instructor_password=PASSWORD))
    for path in ("/", "/read/", "/api/v1/openapi.json", "/gradio_api/info"):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert "instructor/" not in answer.text, path
