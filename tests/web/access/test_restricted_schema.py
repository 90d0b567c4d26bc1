"""The API with a restricted course: schemathesis makes the requests, for each who may ask."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from coursebot.feedback import Store
from tests.fuzz.__main__ import LONGER
from tests.web.access.conftest import QUESTION, WORD, School, furnish
from tests.web.conftest import application, running
from tests.web.test_api_schema import OPERATIONS

EXAMPLES = 8 * max(1, int(os.environ.get(LONGER, "0")) // 5)
"""Requests for each operation and person."""
CHECKED = ["not_a_server_error", "status_code_conformance", "response_schema_conformance"]
CHECKED += ["content_type_conformance"]
KEEPS = (WORD, "made of steel", "The Vault Course")
"""What stands in the restricted course alone."""
TELLING = st.sampled_from(
    ["vault", "vault/vault.md", "vault/vault.md#door", QUESTION, "And the door?", "kites", "door"]
)
"""What a learner would try who knows everything but the text."""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    """Return a school of its own whose server answers as often as it is asked."""
    folder = tmp_path_factory.mktemp("asked")
    assistant, chosen = furnish(folder, person_rate=0, address_rate=0, keep_unanswered=True)
    store = Store.open(chosen)
    made = application(assistant, store)
    with running(made) as address:
        yield School(address, folder, chosen, assistant, store, made)
    store.close()


@pytest.fixture(scope="module")
def described(asked: School) -> schemathesis.BaseSchema:
    """Return the description that the server gives of its API."""
    return schemathesis.openapi.from_url(f"{asked.address}/api/v1/openapi.json")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", ["", "taro", "hana"], ids=["nobody", "another learner", "member"])
@pytest.mark.parametrize("label", OPERATIONS)
def test_nothing_of_it_is_answered(
    asked: School, described: schemathesis.BaseSchema, label: str, name: str
) -> None:
    """Whatever is sent, to who may not see it; and every answer is as it is described."""
    method, path = label.split(" ")
    operation = described[path][method]
    checks: list[Any] = [CHECKS.get_one(check) for check in CHECKED]
    cookies = dict(asked.browser(name).cookies) if name else {}

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        telling=st.lists(TELLING | st.none(), min_size=6, max_size=6),
    )
    def holds(case: schemathesis.Case[Any], telling: list[str | None]) -> None:
        tried = iter(telling)
        case.query = replaced(case.query, tried)
        case.path_parameters = replaced(case.path_parameters, tried)
        case.body = replaced(case.body, tried)
        response = case.call(cookies=cookies, headers={"Origin": asked.address})
        case.validate_response(response, checks=checks)
        if name != "hana":
            for kept in KEEPS:
                assert kept not in response.text

    holds()


def replaced(sent: Any, tried: Iterator[str | None]) -> Any:  # noqa: ANN401 — any JSON
    """Return what is sent with some of its texts replaced by what is tried."""
    if isinstance(sent, str):
        return next(tried, None) or sent
    if isinstance(sent, list):
        return [replaced(one, tried) for one in sent]
    if isinstance(sent, dict):
        return {key: replaced(value, tried) for key, value in sent.items()}
    return sent


def test_who_may_see_it_is_answered(asked: School) -> None:
    """Else nothing above could fail."""
    with asked.browser("hana") as browser:
        told = browser.get("/api/v1/ask", params={"question": QUESTION}).text
        told += browser.get("/api/v1/sections/vault/vault.md").text
        told += browser.get("/api/v1/courses").text
    assert [kept for kept in KEEPS if kept not in told] == []
