-- Refunds through wallets have their stop switches, with the limits of a province as the others.
insert into stop_switch (provider, kind, limit_amount, limit_rejected, limit_unknown) values
    ('momo', 'refund', 5000000000, 100, 100),
    ('zalopay', 'refund', 5000000000, 100, 100)
on conflict do nothing;
