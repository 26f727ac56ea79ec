"""The bundled language model's server, and the list of those to use in its place."""
