"""Advice on a text: how it reads, what it repeats, what it links to and shows, what it is like. It blocks nothing."""
