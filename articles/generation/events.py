"""What viewers of a job are told, in the order it happened: plain dicts with a ``type``, one an entry of its stream.

============  ====================================================================================================
``status``    ``status``, ``waits_for``, ``not_before``: where the job is now
``stage``     ``stage``, ``section``, ``sections``, ``title``: what is being written
``outline``   ``titles``: the sections to come
``text``      ``section``, ``at``, ``text``: words added to a section that had ``at`` characters before them
``trim``      ``section``, ``text``: the section now reads so, as its end was cut or it was begun anew (empty)
``figures``   ``tokens``, ``tokens_per_s``, ``first_token_ms``, ``endpoint``, ``model``: of the call at work
``call``      ``number``, ``purpose``, ``endpoint``, ``outcome``, ``retry_after_s``: a call ended
``note``      ``code`` and its values: something the editor should know
``snapshot``  ``sections`` (``[{"title", "text"}]``) and all of the above's latest: what went before may be missing
``end``       ``status``, ``article_id``, ``error``, ``result``: nothing follows
============  ====================================================================================================

All but ``text`` hold the whole truth about what they name, so to hear one twice does no harm; ``at`` tells a ``text``
that was heard already.
"""

from __future__ import annotations

from typing import Any

Event = dict[str, Any]
