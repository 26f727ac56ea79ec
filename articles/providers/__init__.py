"""Language models behind OpenAI-compatible addresses: which there are, who is well, who is asked next."""
