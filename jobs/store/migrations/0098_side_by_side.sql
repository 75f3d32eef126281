-- Two versions of one system at once. What people say about which version takes what: only added to, the last one in force counts.
create table connector_switch (
    id bigint generated always as identity primary key,
    system text not null check (system ~ '^[a-z0-9_]{1,60}$'),
    operation text not null default '' check (operation ~ '^[a-z0-9_]{0,60}$'), -- '': all of them
    agency text not null default '' check (length(agency) <= 100), -- a pattern of agency codes; '': all of them
    says text not null check (says in ('old', 'new', 'shadow', 'alone')),
    since timestamptz not null,
    reason text not null check (length(reason) between 3 and 500),
    said_by text not null check (said_by ~ '^person:.+'),
    said_at timestamptz not null
);
create index connector_switch_system on connector_switch (system, id);

-- Which version took a write, by the effect's key (or 'code:' and a number that was drawn there). Written before the first byte leaves.
create table connector_sent (
    system text not null,
    key text not null,
    version text not null check (version in ('old', 'new')),
    at timestamptz not null,
    primary key (system, key)
);

-- What the two versions tell differently: names of fields and kinds of difference, never a value.
create table shadow_difference (
    system text not null,
    operation text not null,
    field text not null check (length(field) <= 200),
    kind text not null check (length(kind) <= 40),
    count bigint not null check (count > 0),
    first_at timestamptz not null,
    last_at timestamptz not null,
    dossier_code text not null default '', -- the last one, for whoever looks into it
    primary key (system, operation, field, kind)
);

-- How often was compared: no difference in no comparison is no good news.
create table shadow_total (
    system text not null,
    operation text not null,
    result text not null check (result in ('same', 'different', 'not_compared', 'left_out')),
    count bigint not null check (count > 0),
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (system, operation, result)
);

grant select, insert on connector_switch to lienthong_app;
grant select, insert, update (version, at) on connector_sent to lienthong_app;
grant select, insert, update (count, last_at, dossier_code) on shadow_difference to lienthong_app;
grant select, insert, update (count, last_at) on shadow_total to lienthong_app;
