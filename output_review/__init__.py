"""Nothing leaves until a person says so."""
