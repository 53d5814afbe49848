"""The server of the transport's tests, for mutants of it."""

from tests.server.transport.conftest import start

__all__ = ["start"]
