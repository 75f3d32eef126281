-- People, sessions, keys of calling systems, repeat safety of the API, and the audit of what each of them did.
create table person (
    id bigint generated always as identity primary key,
    login text not null unique check (login = lower(login) and login ~ '^[a-z0-9._-]{2,40}$'),
    name text not null,
    password_hash text not null,
    language text not null default 'vi' check (language in ('vi', 'en')),
    active boolean not null default true,
    created_at timestamptz not null
);

-- Roles are granted for a period; taking one away is an end date, so that the past stays readable.
create table person_role (
    id bigint generated always as identity primary key,
    person_id bigint not null references person (id),
    role text not null check (role in ('viewer', 'operator', 'accountant', 'approver', 'administrator')),
    valid_from timestamptz not null,
    valid_until timestamptz,
    granted_by text not null
);
create unique index person_role_open on person_role (person_id, role) where valid_until is null;

-- A session is known by the digest of its token only: a copy of the database signs nobody in.
create table session (
    token_digest bytea primary key,
    person_id bigint not null references person (id),
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    address text not null
);
create index session_person on session (person_id, created_at);

create table sign_in (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    login text not null,
    address text not null,
    succeeded boolean not null
);
create index sign_in_login on sign_in (login, at);
create index sign_in_address on sign_in (address, at);

create table api_client (
    id text primary key check (id ~ '^[a-z0-9-]{2,40}$'),
    name text not null,
    active boolean not null default true,
    created_at timestamptz not null
);

create table api_key (
    id text primary key,
    client_id text not null references api_client (id),
    secret_digest bytea not null,
    scopes text[] not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz
);
create index api_key_client on api_key (client_id) where revoked_at is null;

-- One row per request that changes something: the same key and body get the stored answer.
create table idempotency (
    client_id text not null,
    key text not null check (length(key) between 1 and 128),
    route text not null,
    body_digest bytea not null,
    lease_until timestamptz not null,
    status integer,
    headers jsonb,
    body bytea,
    created_at timestamptz not null,
    keep_until timestamptz,
    primary key (client_id, key)
);
create index idempotency_old on idempotency (keep_until) where keep_until is not null;

-- The one-time key of a form on a page: a second press finds the first one's answer.
create table action_key (
    key_digest bytea primary key,
    person_id bigint not null references person (id),
    action text not null,
    at timestamptz not null,
    location text
);
create index action_key_old on action_key (at);

-- What persons and keys did. Append-only; the row commits with the act.
create table audit (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    actor text not null check (actor ~ '^(person|key|rule|mandate):.+'),
    action text not null,
    subject text not null,
    dossier_code text,
    reason text not null default '',
    address text not null default '',
    correlation_id text not null default '',
    facts jsonb not null
);
create index audit_subject on audit (subject, id);
create index audit_dossier on audit (dossier_code, id) where dossier_code is not null;
create index audit_actor on audit (actor, id);

-- The sealed chain over the audit: each seal holds the digest of the row and of the seal before it. Append-only.
create table audit_seal (
    number bigint primary key,
    audit_id bigint not null unique references audit (id),
    digest bytea not null,
    sealed_at timestamptz not null
);

-- What could not be verified: counted, with a bounded sample.
create table forged (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    source text not null,
    reason text not null,
    address text not null,
    raw bytea not null
);
create index forged_source on forged (source, id);

-- A file that was shown to a person and waits to be loaded by the same person.
create table upload (
    digest text not null,
    uploaded_by text not null,
    name text not null,
    profile text not null,
    raw bytea not null,
    at timestamptz not null,
    primary key (digest, uploaded_by)
);

-- Totals that pages read instead of counting large tables; rolled up from new rows.
create table effect_hour (
    system text not null,
    hour timestamptz not null,
    done bigint not null,
    problem bigint not null,
    primary key (system, hour)
);
create table account_total (
    account text primary key,
    amount bigint not null
);
create table roll_up_mark (
    name text primary key,
    last_id bigint not null
);
create index exchange_system on exchange (system, id);

grant select, insert, update (name, password_hash, language, active) on person to lienthong_app;
grant select, insert, update (valid_until) on person_role to lienthong_app;
grant select, insert, update (last_seen_at, ended_at) on session to lienthong_app;
grant select, insert on sign_in to lienthong_app;
grant select, insert, update (name, active) on api_client to lienthong_app;
grant select, insert, update (revoked_at, expires_at) on api_key to lienthong_app;
grant select, insert, update, delete on idempotency to lienthong_app;
grant select, insert, update (location), delete on action_key to lienthong_app;
grant select, insert on audit to lienthong_app;
grant select, insert on audit_seal to lienthong_app;
grant select, insert, delete on forged to lienthong_app;
grant select, insert, update (name, profile, at), delete on upload to lienthong_app;
grant select, insert, update on effect_hour, account_total, roll_up_mark to lienthong_app;
