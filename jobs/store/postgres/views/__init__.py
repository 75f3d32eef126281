"""What pages and the API read. Every reading is bounded and follows an index; nothing counts a large table."""
