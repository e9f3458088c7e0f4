"""How many draws: enough for what is wanted, from a pilot; and when to stop, while drawing."""
