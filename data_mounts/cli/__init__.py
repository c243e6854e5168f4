"""The nouns of this room on the command line: dataset, project, member, grant."""
