"""Checks that need the file alone: each module one check, called CHECK."""
