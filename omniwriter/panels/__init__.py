"""Sections of the dashboard that this project adds to perfmon's own."""
