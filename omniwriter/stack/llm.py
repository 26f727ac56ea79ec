"""The bundled language model as a service, and the entry of LLM_ENDPOINTS that leads to it."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from urllib.parse import urlencode

from omniwriter.llm.bundled import CONTEXT_TOKENS, KEY_VARIABLE, MODEL, SLOTS
from omniwriter.stack.ports import LOOPBACK, free_port
from omniwriter.stack.service import Service

NAME = "bundled"
FIRST_TOKEN_S = 60  # reading a prompt that fills the context takes 20 s, and two may read at once
#: So small a model falls into loops. Repeated words cost little, repeated phrases much: with more for words, or a
#: higher temperature, it leaves its subject (tried on twenty of them).
SAMPLING = {
    "repeat_penalty": 1.02, "min_p": 0.1, "dry_multiplier": 0.8, "dry_base": 1.75, "dry_allowed_length": 3,
    "dry_penalty_last_n": 1024,
}  # fmt: skip


def llm_service(root: Path) -> Service:
    """Return the server of the bundled model on a free loopback port; the site does without it when it can't run.

    Its key is made anew, so that no page in a browser and no other account of the machine can have it work for them.
    """
    port = free_port()
    return Service(
        name="model",
        command=(sys.executable, "-m", "omniwriter.llm.server", str(port)),
        listens=port,
        page="/health",
        env={KEY_VARIABLE: secrets.token_urlsafe(24)},
        cwd=root,
        needed=False,
        stop_s=1.0,
    )


def llm_endpoint(service: Service) -> str:
    """Return how LLM_ENDPOINTS names the model of a service made by ``llm_service``."""
    parameters = {
        "model": MODEL,
        "name": NAME,
        "languages": "en",
        "max_in_flight": SLOTS,
        "context": CONTEXT_TOKENS,
        "first_token_s": FIRST_TOKEN_S,
        "extra": json.dumps(SAMPLING),
        "bundled": 1,
    }
    return f"http://{service.env[KEY_VARIABLE]}@{LOOPBACK}:{service.listens}/v1?{urlencode(parameters)}"
