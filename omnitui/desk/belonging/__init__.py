"""What belongs together: mails and conversations, conversations and contacts."""
