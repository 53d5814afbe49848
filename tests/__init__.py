"""The promises, each in a test that names it; the folders mirror the tree."""
