"""The national population database (CSDL quốc gia về dân cư), reached through NDXP or a province's LGSP."""
