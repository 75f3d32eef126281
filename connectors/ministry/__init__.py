"""A ministry's portal, reached through the six-step adapter: number, file, dossier, steps, state."""
