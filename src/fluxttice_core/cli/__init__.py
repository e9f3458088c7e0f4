"""Words in, words out, an exit code: 0 yes, 1 checked and false, 2 unusable input."""

from .main import main

__all__ = ["main"]
