"""One confined container per project workspace, with one door."""
