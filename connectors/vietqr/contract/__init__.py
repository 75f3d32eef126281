"""What is published of VietQR, and vectors made by hand."""
