"""Presence by sampling unit, where an id counts once a unit."""
