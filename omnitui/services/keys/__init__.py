"""The keys in force, their presets, and the command line."""
