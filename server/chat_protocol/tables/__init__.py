"""Data that both ends agree on, the script that makes it, and its licences. Read by importlib.resources."""
