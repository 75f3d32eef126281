"""What other systems send us about dossiers: from the door to the case system, once, and confirmed to who sent it."""
