"""What is known of PayGov, and vectors made by hand."""
