-- Evidence: bodies of exchanges under a key per dossier, and the sealed chain over the exchange log.

-- Bodies need the number of their exchange before it is written.
grant usage on sequence exchange_id_seq to lienthong_app;

-- The data key of a dossier, encrypted by a master key that no database holds. Without it the bodies are noise for ever.
create table dossier_key (
    dossier_code text primary key,
    master_key text not null, -- which master key: the first characters of its digest
    wrapped bytea,
    created_at timestamptz not null,
    destroyed_at timestamptz,
    constraint dossier_key_is_there_or_destroyed check ((wrapped is null) = (destroyed_at is not null))
);
create index dossier_key_master on dossier_key (master_key) where wrapped is not null;

-- What went out and came back, encrypted; cut at a bound. Append-only.
create table exchange_body (
    exchange_id bigint primary key,
    dossier_code text not null references dossier_key (dossier_code),
    request bytea,
    response bytea
);
create index exchange_body_dossier on exchange_body (dossier_code, exchange_id);
alter table exchange_body alter column request set storage external; -- encrypted bytes do not shrink
alter table exchange_body alter column response set storage external;

-- One seal per batch: the digests of its rows in order, and the seal before it. Append-only.
create table exchange_seal (
    number bigint primary key,
    day date not null, -- the local day on which it was sealed
    after_id bigint not null, -- rows with after_id < id <= until_id
    until_id bigint not null,
    rows integer not null,
    leaves bytea not null, -- SHA-256 over the digests of the rows
    digest bytea not null,
    sealed_at timestamptz not null,
    check (until_id > after_id)
);
create index exchange_seal_day on exchange_seal (day, number);
create unique index exchange_seal_until on exchange_seal (until_id);

-- How a day ended: what a cut tail is held against. The same facts stand in the audit. Append-only.
create table exchange_day (
    day date primary key,
    seals bigint not null, -- number of the last seal
    rows bigint not null, -- of this day
    head bytea not null,
    closed_at timestamptz not null
);

-- Somebody asked for a dossier's bodies to be made unreadable; another one decides.
create table erasure (
    id bigint generated always as identity primary key,
    dossier_code text not null references dossier_key (dossier_code),
    asked_by text not null,
    asked_at timestamptz not null,
    reason text not null,
    decided_by text,
    decided_at timestamptz,
    accepted boolean,
    check (decided_by is null or decided_by <> asked_by),
    check ((decided_by is null) = (decided_at is null) and (decided_by is null) = (accepted is null))
);
create unique index erasure_open on erasure (dossier_code) where decided_by is null;

-- A key is destroyed only after two people said so: the database refuses it otherwise, whoever asks.
create function dossier_key_guard() returns trigger language plpgsql as $$
begin
    if old.wrapped is null then
        raise exception 'a destroyed key stays destroyed' using errcode = 'check_violation';
    end if;
    if new.wrapped is null and not exists (
        select from erasure where dossier_code = new.dossier_code and accepted and asked_by <> decided_by
    ) then
        raise exception 'a key is destroyed by two people' using errcode = 'check_violation';
    end if;
    return new;
end
$$;
create trigger dossier_key_guard before update on dossier_key for each row execute function dossier_key_guard();

grant select, insert, update (wrapped, master_key, destroyed_at) on dossier_key to lienthong_app;
grant select, insert on exchange_body to lienthong_app;
grant select, insert on exchange_seal to lienthong_app;
grant select, insert on exchange_day to lienthong_app;
grant select, insert, update (decided_by, decided_at, accepted) on erasure to lienthong_app;
