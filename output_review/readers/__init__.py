"""Untrusted bytes into plain values, within bounds: parsing only. Knows no database, no page and no rule.

Run in bounded children and confined containers only (`examiner`, `checks`): a reader may be slow, may take memory,
may die on a hostile file; it never executes anything that the file says, and never answers half a reading as if it
were whole. What cannot be read raises `unreadable.Unreadable` with the reason; what was left out is in its notes.
"""
