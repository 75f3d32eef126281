-- Numbers of worker processes, periodic work, and the rule by which a play's clock runs.

create sequence worker_number as integer maxvalue 2000000000 cycle;
grant usage on sequence worker_number to lienthong_app;

-- Work that comes back by itself. The program brings the rows; people may only look.
create table periodic (
    name text primary key,
    schedule text not null,
    due_at timestamptz not null,
    lease_until timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    failure text
);
create index periodic_due on periodic (due_at);
grant select, insert, update, delete on periodic to lienthong_app;

-- In a play time may run faster or from another day. At most one row; none in an installation with real partners.
create table clock_rule (
    one boolean primary key default true check (one),
    real_from timestamptz not null,
    shown_from timestamptz not null,
    scale double precision not null check (scale >= 0)
);
grant select, insert, update, delete on clock_rule to lienthong_app;
