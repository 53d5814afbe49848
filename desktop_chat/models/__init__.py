"""What the window shows, read from the core and the local store. Models hold no truth: anything can be read again.

Each gets the batches of notices by `apply`, reads again what they touched, and says by signals what changed.
"""
