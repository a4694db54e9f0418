"""What lies beyond the screen: clipboard, desktop, shell, notices, files and pictures."""
