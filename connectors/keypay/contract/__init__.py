"""What is known of KeyPay, and vectors made by hand."""
