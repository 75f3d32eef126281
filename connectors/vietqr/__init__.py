"""VietQR: texts of transfer codes, built and read, and our reference found in what a bank writes about a transfer."""
