"""The bundled model's server: ``python -m omniwriter.llm.server PORT``, on loopback, for who has the key.

One thread computes, so that the site keeps a core. llama.cpp lets any number of calls wait for a slot: the bound is the
router's, which sends no more than there are slots, and nobody else has the key.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from typing import Any

from omniwriter.llm.bundled import CONTEXT_TOKENS, KEY_VARIABLE, MODEL, SLOTS, weights
from omniwriter.stack.errors import MissingPartError
from omniwriter.stack.ports import LOOPBACK

MOST_TOKENS = 1024  # of an answer, whatever a call asks for
#: Earlier prompts, 23 KiB a token: what one article asks, so that the next one's outline, whose example never changes,
#: begins after 0.15 s instead of 0.5 s. llama.cpp itself would keep 8 GB.
PROMPT_CACHE_MIB = 128
HTTP_THREADS = 16  # a call holds one until it is answered; /health needs one too
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def main(port: int, key: str) -> None:
    """Serve until SIGTERM; leaves with one line of reason when the model can't run on this machine."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)  # before there are threads: they inherit it
    try:
        _server = _start(port, key)
    except (ImportError, OSError, RuntimeError, MissingPartError) as error:
        sys.exit(f"The bundled model can't run here: {error}. Set LLM_ENDPOINTS to use another.")
    signal.sigwait(STOP_SIGNALS)
    # Its own way out waits for the answers being written. Nothing here is worth that: who asked is told.
    os._exit(0)


def _start(port: int, key: str) -> Any:
    xllamacpp = import_module("xllamacpp")  # here, where what it says is told in one line
    file = weights()
    os.chdir(file.parent)  # answers name the path they were given
    parameters = xllamacpp.CommonParams()
    parameters.model.path, parameters.model_alias = file.name, {MODEL}
    parameters.hostnames, parameters.port = [LOOPBACK], port
    parameters.api_keys = [key]
    parameters.n_parallel, parameters.n_ctx = SLOTS, SLOTS * CONTEXT_TOKENS
    parameters.n_predict = MOST_TOKENS
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.n_threads_http = HTTP_THREADS
    parameters.cache_ram_mib = PROMPT_CACHE_MIB
    parameters.endpoint_metrics, parameters.endpoint_slots = True, False
    parameters.ui, parameters.offline = False, True
    parameters.cors_origins = parameters.cors_methods = parameters.cors_headers = ""
    parameters.cors_credentials = False
    parameters.verbosity = 2  # warnings; information is a line a call with its prompt's size
    return xllamacpp.Server(parameters)


if __name__ == "__main__":
    main(int(sys.argv[1]), os.environ[KEY_VARIABLE])
