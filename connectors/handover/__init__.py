"""Specialised software of departments, each described by a profile: hand over, state, supplement, finish, acknowledge."""
