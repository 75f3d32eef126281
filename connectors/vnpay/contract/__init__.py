"""What is known of VNPAY's protocol 2.1.0: ``facts.md``, code tables, published samples, hand-made vectors."""
