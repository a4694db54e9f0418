"""What is promised to customers: agreements with their clocks, tasks, and what falls due first."""
