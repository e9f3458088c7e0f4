"""Two samples beside one another: differences at equal size and coverage, and a test."""
