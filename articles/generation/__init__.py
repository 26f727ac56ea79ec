"""Texts written by a language model: prompts, jobs and the runner, the live stream, the ledger, batches."""
