"""The examples of docs/protocol.md: recorded from a real server, and replayed."""
