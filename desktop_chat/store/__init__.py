"""The client's local copy of its logs: all of the client's SQL lives here."""
