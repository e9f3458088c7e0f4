"""Records in, words and pictures out."""
