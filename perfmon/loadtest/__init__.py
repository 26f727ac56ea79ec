"""Load tests: Locust in a process of its own, led by this one; what it sees is compared with what the server saw."""
