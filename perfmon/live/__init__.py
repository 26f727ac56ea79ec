"""Live push: the collector publishes a frame a second for each topic watched, a hub per process fans it out."""
