"""What agents do to conversations: each change an op, recorded and applied in one commit, and undone."""
