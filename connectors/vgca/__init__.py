"""Signatures of officials (VGCA): a file is handed out to their own computer, the signed one is taken back and verified."""
