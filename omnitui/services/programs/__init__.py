"""Programs of the user's: hooks, commands, how they are run and what they are given."""
