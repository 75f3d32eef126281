"""What is recalled of VNPT Pay, and vectors made by hand."""
