"""What comes in, written: messages, what becomes of them, and what their conversations' rows say of them."""
