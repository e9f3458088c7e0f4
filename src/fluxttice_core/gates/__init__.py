"""The two-input ternary gates: tables, names, algebra, and who is held out."""
