"""Checks that need the granted data or earlier releases: each module one check, called CHECK."""
