-- Only where the money room's own tables are not there: the columns that reconciliation reads and writes.
create table if not exists case_item (
    id bigint generated always as identity primary key, kind text not null, key text not null unique, dossier_code text,
    amount bigint, opened_at timestamptz not null, deadline timestamptz, owner text, state text not null, evidence jsonb not null
);
grant select, insert, update on case_item to lienthong_app;
-- Our own side as these tests tell it.
create table if not exists test_ours (
    id bigint generated always as identity primary key, kind int not null, reference text not null, provider_reference text not null,
    amount bigint not null, status int not null, at timestamptz not null, route int not null
);
create index if not exists test_ours_reference on test_ours (reference);
create index if not exists test_ours_provider on test_ours (provider_reference) where provider_reference <> '';
grant select, insert, update on test_ours to lienthong_app;
