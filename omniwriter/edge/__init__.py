"""Answers kept in this process's memory for a second at most, given before Django is entered.

``application`` takes a request from its scope to its answer; ``questions`` says what it asks for, ``answers`` what may
be kept of an answer and in which form, ``conditions`` what who has it already or wants a part of it gets, ``table``
keeps and drops. docs/http-path.md says how they work together.
"""

from omniwriter.edge.application import Edge

__all__ = ["Edge"]
