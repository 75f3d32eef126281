"""Missing rows of code tables: who proposes one, who accepts it, and what waited for it."""
