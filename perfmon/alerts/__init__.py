"""What needs attention: pure ``rules``, an ``engine`` to run them, ``services`` that write, ``selectors`` that read."""
