"""Secrets and keys: where they lie, encryption at rest, the seals of the op log."""
