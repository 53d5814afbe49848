"""Sockets, TLS, WebSockets: all that the server does with the network."""
