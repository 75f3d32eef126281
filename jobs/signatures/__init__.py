"""Signing sessions with signature CAs, and verdicts on the signatures of stored papers."""
