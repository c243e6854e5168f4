"""Which project may see which data, until when, and why not."""
