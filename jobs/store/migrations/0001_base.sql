-- Roles, the time line, the inbox and the exchange log. Every statement takes its time from the application.
do $$
begin
    if not exists (select from pg_roles where rolname = 'lienthong_app') then
        create role lienthong_app nologin;
    end if;
end
$$;
grant usage on schema public to lienthong_app;
grant lienthong_app to current_user;
create extension if not exists pg_trgm;

-- The time line of a dossier: what systems, rules and people did. Append-only.
create table event (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    dossier_code text,
    subject text not null,
    kind text not null,
    actor text not null,
    correlation_id text not null default '',
    facts jsonb not null
);
create index event_dossier on event (dossier_code, id) where dossier_code is not null;
create index event_subject on event (subject, id);
grant select, insert on event to lienthong_app;

-- Messages that reached us, recorded before they are answered.
create table inbox (
    id bigint generated always as identity primary key,
    source text not null,
    key text not null,
    received_at timestamptz not null,
    headers jsonb not null,
    raw bytea not null,
    verdict text not null,
    news jsonb,
    correlation_id text not null default '',
    processed_at timestamptz,
    result text,
    unique (source, key)
);
create index inbox_open on inbox (id) where processed_at is null;
grant select, insert, update (processed_at, result) on inbox to lienthong_app;

-- Every call out and in: metadata, salted digests, redacted summaries. Append-only.
create table exchange (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    system text not null,
    operation text not null,
    direction text not null check (direction in ('out', 'in')),
    reference text not null,
    effect_id bigint,
    attempt integer,
    status integer,
    outcome text not null,
    duration_ms integer not null,
    request_digest text not null,
    response_digest text not null,
    request_summary jsonb not null,
    response_summary jsonb not null
);
create index exchange_reference on exchange (reference, id) where reference <> '';
create index exchange_effect on exchange (effect_id) where effect_id is not null;
grant select, insert on exchange to lienthong_app;
