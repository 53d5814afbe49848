"""A room on this computer: the server as a process of its own, joined like any other."""
