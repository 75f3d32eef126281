"""Safeguards taken out one by one: each must be missed by the suite, or the suite proves nothing."""
