"""VNPAY's gateway, protocol 2.1.0: payment page, notifications, query and refund."""
