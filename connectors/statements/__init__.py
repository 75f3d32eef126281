"""Bank, treasury and gateway files: read strictly, or refused with the reason; transfer orders written."""
