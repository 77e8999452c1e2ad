"""Time and the outbox."""
