"""The payment platform of the National Public Service Portal, directly or through a province's proxy."""
