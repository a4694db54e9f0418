"""What changes by itself while the console runs: the sync, files, agreements, tasks, and trouble."""
