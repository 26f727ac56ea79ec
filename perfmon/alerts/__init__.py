"""What needs attention: pure ``rules``, an ``engine`` that runs them, ``services`` that write and ``selectors`` that read."""
