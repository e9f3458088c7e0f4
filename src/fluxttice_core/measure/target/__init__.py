"""A sample beside known masses: coverage, distances and the floor of a perfect sampler."""
