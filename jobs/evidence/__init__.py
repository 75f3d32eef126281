"""What was exchanged with outside systems: kept under a key per dossier, sealed, shown for a reason, handed out signed."""
