"""What a model is asked for a passage, and for the test of a prompt: pure functions from values to requests."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from articles.generation.choices import MAX_INSTRUCTION_CHARS, OPERATIONS, TONES
from articles.generation.prompts import ROOM_TOKENS, Manner
from articles.generation.quoting import clipped, quoted_block, quoted_line
from articles.generation.templates import rendered
from articles.providers.base import ChatRequest, Message, estimated_tokens

#: What of a passage goes into one request: what comes out, up to twice as much, has to fit too.
PIECE_CHARS = 1_500
_AROUND_CHARS = 200
_TEST_TOKENS, _TEST_CHARS = 400, 3_600
_PARAGRAPHS = re.compile(r"\n\s*\n")
_SENTENCES = re.compile(r"(?<=[.!?…])\s+")


def pieces_of(text: str) -> list[str]:
    """Return the text in pieces that fit, parted between paragraphs; a long paragraph between its sentences."""
    return _packed(_PARAGRAPHS.split(text.strip()), "\n\n", lambda long: _packed(_SENTENCES.split(long), " ", _sliced))


def edit_request(
    parameters: Mapping[str, Any], pieces: Sequence[str], number: int, manner: Manner, language: str, *, seed: int
) -> ChatRequest:
    """Ask for piece ``number`` (from 1) done anew; around it are its neighbours, or the article's text."""
    operation = OPERATIONS[parameters["operation"]]
    tone = TONES.get(parameters.get("tone") or "", TONES["neutral"]).wording
    piece = pieces[number - 1]
    before = pieces[number - 2] if number > 1 else parameters.get("before", "")
    after = pieces[number] if number < len(pieces) else parameters.get("after", "")
    lines = [operation.wording.format(tone=tone), manner.guidance]
    if parameters.get("instruction"):
        lines.append(f"The editor wants: {quoted_line(parameters['instruction'], MAX_INSTRUCTION_CHARS)}.")
    if before and not manner.is_small:
        lines.append(f"Before it stands {quoted_line('…' + before[-_AROUND_CHARS:])}.")
    if after and not manner.is_small:
        lines.append(f"After it comes {quoted_line(after[:_AROUND_CHARS])}.")
    lines += ["Answer with the new text alone.", f"The text:\n{quoted_block(piece, PIECE_CHARS)}"]
    messages = (manner.opening(language), Message("user", "\n".join(line for line in lines if line)))
    room = ROOM_TOKENS - sum(estimated_tokens(message.content) + 8 for message in messages)
    tokens = max(64, min(room, round(estimated_tokens(piece) * operation.growth * 1.2) + 24))
    return ChatRequest(
        messages=messages, max_tokens=tokens, temperature=0.1 if parameters["operation"] == "grammar" else 0.3,
        seed=seed, repeat_penalty=1.02, language=language,
    )  # fmt: skip


def test_request(
    system: str, text: str, values: Mapping[str, str], manner: Manner, language: str, *, seed: int
) -> ChatRequest:
    """Ask what a template says, with those values as they stand in a prompt."""
    manner = replace(manner, system=rendered(system, values))
    asked = clipped(rendered(text, values), _TEST_CHARS)
    return ChatRequest(
        messages=(manner.opening(language), Message("user", asked)), max_tokens=_TEST_TOKENS,
        temperature=0.2 if manner.is_small else 0.7, seed=seed, repeat_penalty=1.02, language=language,
    )  # fmt: skip


def _packed(parts: Sequence[str], joint: str, part_long: Any) -> list[str]:
    """Return the parts, as many of them together as fit into a piece."""
    pieces: list[str] = []
    for part in parts:
        for short in [part] if len(part) <= PIECE_CHARS else part_long(part):
            if pieces and len(pieces[-1]) + len(joint) + len(short) <= PIECE_CHARS:
                pieces[-1] += joint + short
            else:
                pieces.append(short)
    return pieces


def _sliced(text: str) -> list[str]:
    return [text[at : at + PIECE_CHARS] for at in range(0, len(text), PIECE_CHARS)]
