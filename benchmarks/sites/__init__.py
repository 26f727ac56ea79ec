"""The small Django projects and servers that benchmarks measure."""
