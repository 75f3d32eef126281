"""A dossier's whole life to every system that has asked for it, in order, once, and found again when it was lost there."""
