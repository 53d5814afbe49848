"""The desktop client: a core without a screen, and (later) its window."""
