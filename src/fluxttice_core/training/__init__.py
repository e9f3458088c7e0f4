"""One update, one epoch, and a state that resumes bit for bit. Writes no file."""
