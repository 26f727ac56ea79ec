"""Panels: each is one section of the dashboard and only reads. One dict fills the page and every later frame."""
