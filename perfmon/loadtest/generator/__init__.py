"""The load generator: Locust in a process of its own, told by msgpack maps over stdin and stdout what to do.

It imports of perfmon only pure modules and nothing of Django; ``protocol`` says what is told and answered. Locust
replaces the standard library's sockets when it is imported, so nothing but ``__main__`` and what it starts may import
the modules here that do (``users``, ``crews``, ``exchanges`` and those above them).

How to plug in a kind of action: write a module with ``perform(user, act, intended_ns) -> None`` and name it in
``kinds.KINDS``. ``perform`` runs in the greenlet of one ``users.Visitor`` and

- fills ``act.path`` and ``act.body`` by ``user.value_of(act)``, sends ``act.headers`` and ``user.session.headers``;
- keeps what outlives an action, such as a connection, in ``user.kept["its name"]``; its ``close()`` is called when the
  user goes;
- calls ``user.stage.records``: ``sent(act.key)`` when bytes have gone to a connection that stood, ``answered(act.key)``
  when the whole answer is here, ``failed(act.key, reason)`` otherwise, and ``add(kind, act.key, value_ns, error)`` for
  every figure. ``latency`` counts from ``intended_ns`` (0 in the closed model: from the sending). Kinds of its own are
  names of its own: ``add("socket_delay", ...)`` comes out in the frames' rows as such;
- ends by itself within the plan's ``timeout_s``, or, if it lasts, soon after the event ``user.leaving`` is set. It is
  killed otherwise: it then records the failure ``cut`` and lets GreenletExit pass.

A module may have ``check(action) -> None`` too, which raises ``protocol.PlanError`` for what it can't do.
"""
