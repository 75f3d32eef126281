"""VNPT Pay (VNPT Money). Off until its manual is there: nothing of it is public, see ``settings``."""
