"""A system in two versions: who said what goes where, which version took which write, and what the two tell differently."""
