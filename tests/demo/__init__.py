"""`python3 dev.py demo`: real processes hold a real conversation, and some are killed."""
