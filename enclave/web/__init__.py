"""The desk: one process that keeps the records and renders our pages, made of what the rooms declare."""
