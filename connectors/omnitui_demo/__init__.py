"""The embedded world: customers who write, wait and answer, without an account or a network."""
