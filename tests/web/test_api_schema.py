"""The API against its own description: schemathesis makes the requests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.core.result import Ok

from coursebot.feedback import Store
from tests.api_server import host, open_assistant
from tests.fuzz.__main__ import LONGER
from tests.web.conftest import running

OPERATIONS = [
    "GET /ask",
    "POST /ask",
    "GET /search",
    "GET /courses",
    "GET /sections",
    "GET /sections/{path}",
    "POST /feedback",
    "PATCH /feedback/{id}",
    "DELETE /feedback/{id}",
]
EXAMPLES = 25 * max(1, int(os.environ.get(LONGER, "0")) // 5)
"""Requests for each operation, good and bad ones."""
LEFT_OUT = [
    # A question of punctuation alone fits the schema and still asks nothing: 422.
    "positive_data_acceptance",
    # Records that come back from a browser take "1" for 1; what a client writes itself is strict.
    "negative_data_rejection",
    # No keys, no logins.
    "ignored_auth",
    "object_level_authorization",
]


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[schemathesis.BaseSchema]:
    """Return the description that a real server gives of itself."""
    assistant = open_assistant(tmp_path_factory.mktemp("schema"), keep_unanswered=True)
    store = Store.open(assistant.settings)
    with running(host(assistant, store)) as address:
        yield schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json")
    store.close()


def test_all_operations_are_tried(described: schemathesis.BaseSchema) -> None:
    """The list above is the description's."""
    found = [each.ok() for each in described.get_all_operations() if isinstance(each, Ok)]
    assert [operation.label for operation in found] == OPERATIONS


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", OPERATIONS)
def test_the_api_keeps_to_its_description(
    described: schemathesis.BaseSchema, label: str, mode: GenerationMode
) -> None:
    """No request, good or bad, is answered with a failure or with what is not described."""
    method, path = label.split(" ")
    operation = described[path][method]
    excluded: list[Any] = [CHECKS.get_one(name) for name in LEFT_OUT]

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def holds(case: schemathesis.Case[Any]) -> None:
        # The HTTP server itself refuses longer addresses, before the API sees them.
        assume(case.method == "POST" or len(case.as_curl_command()) < 60_000)
        case.call_and_validate(excluded_checks=excluded)

    holds()
