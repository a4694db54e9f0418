"""Who gets which conversation."""
