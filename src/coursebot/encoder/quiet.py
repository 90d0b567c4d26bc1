"""The libraries' telemetry, network and chatter, switched off before they are imported."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_LIBRARIES = r"(torch|transformers|sentence_transformers|huggingface_hub|openvino)(\.|$)"


def switch_off() -> None:
    """Switch off the telemetry of Hugging Face and of OpenVINO's converter."""
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if "openvino_telemetry" not in sys.modules:
        # An import that fails makes OpenVINO take its own stub, which sends nothing.
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    elif (sender := sys.modules["openvino_telemetry"]) is not None:
        sender.Telemetry.send_event = _nothing
        sender.Telemetry.start_session = _nothing


def _nothing(*_: object, **__: object) -> None:
    """Send nothing."""


def openvino() -> ModuleType:
    """Return the ``openvino`` module, imported without its telemetry."""
    switch_off()
    import openvino as module

    loaded: ModuleType = module
    return loaded


@contextmanager
def libraries() -> Iterator[None]:
    """Keep the warnings and log lines of torch and transformers from the terminal."""
    switch_off()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=_LIBRARIES)
        # Tracing a model says this of the model's own module.
        warnings.filterwarnings("ignore", message="Converting a tensor to a Python")
        from transformers.utils import logging

        logs: Any = logging
        level, bars = logs.get_verbosity(), logs.is_progress_bar_enabled()
        logs.set_verbosity_error()
        logs.disable_progress_bar()
        try:
            yield
        finally:
            logs.set_verbosity(level)
            if bars:
                logs.enable_progress_bar()
