"""Serves Django's WSGI handler from an ASGI server: the body first, one hop to a thread, the answer in one piece.

``pool`` is the threads and the bounded queue before them, ``environ`` the request as WSGI sees it, ``body`` the request's
body within limits, ``application`` the ASGI application that ties them together.
"""

from omniwriter.bridge.application import Bridge

__all__ = ["Bridge"]
