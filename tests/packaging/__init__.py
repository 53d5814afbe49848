"""Tests of what is built: run by `dev.py package`, since building takes longer than all other tests together."""
