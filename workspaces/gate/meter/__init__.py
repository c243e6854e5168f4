"""How much of a workspace reaches a browser: counted, limited, remembered."""
