"""Electronic civil status of the Ministry of Justice, and the linked services for births, deaths and marriages."""
