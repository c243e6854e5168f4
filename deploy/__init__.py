"""Brings an instance up, down and away on one Linux host, with Python's standard library only."""
