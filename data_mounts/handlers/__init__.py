"""What answers this room's routes: one file for each kind of visitor."""
