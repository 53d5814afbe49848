"""`python -m chat_server` is `desktop-chat-server`."""

from __future__ import annotations

from chat_server.cli import main

if __name__ == "__main__":
    main()
