"""Reads spread over replicas that keep up, and writers who see their own writes. docs/replicas.md says how."""
