"""HTML mail as readable text."""
