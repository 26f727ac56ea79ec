"""What the databases say of themselves: ``sessions`` asks safely, ``statements`` what took their time."""
