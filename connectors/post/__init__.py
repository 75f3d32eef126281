"""The public post (VNPost): papers collected from citizens, results brought back, and what was tracked on the way."""
