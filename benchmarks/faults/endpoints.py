"""A language model's endpoint that does not do its part."""

from __future__ import annotations

import json
import time

from benchmarks.faults.fault import SECURITY, Group, Inject, expect
from benchmarks.faults.sandbox import ANSWER, Sandbox, free_port
from tests import openai_server as model

group = Group("language model")

PROMISED = "one deadline for the whole answer, then the extractive one"
SECONDS = 2
"""That the model is given."""


def _behaving(name: str, behave: model.Behaviour | None, promised: str = PROMISED) -> Inject:
    """Make a fault of a way to behave; None: nobody listens."""

    def inject(sandbox: Sandbox) -> str:
        sandbox.built()
        with model.serving() as endpoint:
            if behave is not None:
                endpoint.behave = behave
            url = endpoint.url if behave is not None else f"http://127.0.0.1:{free_port()}/v1"
            server = sandbox.serve(
                COURSEBOT_LLM_URL=url,
                COURSEBOT_LLM_MODEL="m",
                COURSEBOT_LLM_TIMEOUT=str(SECONDS),
            )
            started = time.monotonic()
            told = server.ask()
            seconds = time.monotonic() - started
        expect(told.status_code == 200, f"the question was told {told.status_code}")
        answer = told.json()
        quotes = [citation["quote"] for citation in answer["citations"]]
        expect(any(ANSWER in quote for quote in quotes), f"it cited {quotes}")
        expect(not answer["generated"], f"the model's words were taken: {answer['generated']}")
        expect(answer["notice"], "nothing was said of the model")
        expect(ANSWER in answer["text"], f"it said: {answer['text']}")
        expect(seconds < SECONDS + 5, f"it took {seconds:.0f} s")
        return f"the extractive answer, with “{json.dumps(answer['notice'])[1:-1]}”"

    return group.fault(name, promised, SECURITY)(inject)


_behaving("refuses connections", None)
_behaving("answers 500", model.fails(500))
_behaving("hangs without a byte", model.hangs())
_behaving("hangs, but keeps the connection alive", model.hangs(after="The", pings=True))
_behaving("streams garbage", model.sends("data: {]\n\n\x00\x01garbage" * 50))
_behaving("streams without end", model.trickles("and so on, and so on ", 0.005))
_behaving("breaks off in mid-answer", model.dies("The main line is"))
_behaving(
    "cites statements that do not exist",
    model.says("The main line is 900 metres long [7]. Truly [8]."),
    "citations that there are none of are dropped, markup and foreign addresses never come through",
)
_behaving(
    "cites nothing at all",
    model.says("The main line is 900 metres long, see http://evil.example/."),
    "citations that there are none of are dropped, markup and foreign addresses never come through",
)
