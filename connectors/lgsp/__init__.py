"""A province's exchange platform (LGSP): dossiers told to it, shared categories read from it and written to it."""
