"""Which indexes a database could do without, and which it lacks.

``postgres`` and ``sqlite`` read a catalogue, ``rules`` judge it, ``reports`` make the report and keep it, ``wording``
says it.
"""
