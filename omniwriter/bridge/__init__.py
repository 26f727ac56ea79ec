"""Serves Django's WSGI handler from an ASGI server: the body first, one hop to a thread, the answer in one piece.

``application`` takes a request from its scope to its last byte, with the request's ``body`` read within limits, its
``environ`` built as WSGI wants it, the ``pool`` of threads that runs the handler and the ``stream`` that carries a long
answer out of its thread. ``protocol`` makes uvicorn stop without losing a request.
"""

from omniwriter.bridge.application import Bridge

__all__ = ["Bridge"]
