-- Effects on outside systems: the outbox, its lanes, and the flow control that all workers share.
create table effect (
    id bigint generated always as identity primary key,
    key text not null unique,
    system text not null,
    operation text not null,
    lane text not null,
    -- The one row of its lane that may leave. Who closes or releases it makes the next one head in the same commit.
    head boolean not null,
    priority integer not null default 0 check (priority between 0 and 9),
    dossier_code text not null default '',
    reference text not null default '',
    correlation_id text not null default '',
    cause text not null default '',
    payload jsonb not null,
    state text not null
        check (state in ('planned', 'sending', 'unknown', 'done', 'refused', 'parked', 'cancelled')),
    due_at timestamptz,
    attempt integer not null default 0, -- calls ever begun
    tries integer not null default 0, -- calls begun within the present budget
    asks integer not null default 0,
    not_found integer not null default 0, -- look-ups that proved 'not done', one after the other
    deaths integer not null default 0, -- workers that died with this row in hand
    generation integer not null default 0,
    worker integer,
    lease_until timestamptz,
    first_sent_at timestamptz, -- start of the present budget
    unknown_since timestamptz, -- since when it may have been done without our knowing
    released boolean not null default false,
    code text not null default '',
    message text not null default '',
    reason text not null default '',
    outcome jsonb,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    finished_at timestamptz,
    constraint effect_due check (state not in ('planned', 'unknown') or due_at is not null),
    constraint effect_leased check (state <> 'sending' or (worker is not null and lease_until is not null)),
    constraint effect_parked_with_reason check (state <> 'parked' or reason <> ''),
    constraint effect_finished check ((state in ('done', 'refused', 'cancelled')) = (finished_at is not null)),
    constraint effect_head_is_open check (not head or state in ('planned', 'sending', 'unknown', 'parked'))
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);

create unique index effect_head on effect (system, lane) where head;
create index effect_due on effect (system, priority, due_at, id) where state = 'planned' and head;
create index effect_ask on effect (system, due_at) where state = 'unknown';
create index effect_in_hand on effect (system, worker) where state = 'sending';
create index effect_waiting on effect (system, lane, id) where state = 'planned' and not head;
create index effect_suspect on effect (system, due_at) where state = 'planned' and head and deaths >= 2;
create index effect_attention on effect (state, id) where state in ('unknown', 'refused', 'parked');
create index effect_dossier on effect (dossier_code, id) where dossier_code <> '';
create index effect_reference on effect (reference) where reference <> '';

-- One row per outside system: what it allows, and what is used of it. Locked for the length of one claim.
create table system_flow (
    number integer generated always as identity,
    system text primary key,
    rate double precision not null default 50, -- calls per second, filled up continuously
    burst double precision not null default 100,
    daily bigint not null default 0, -- calls per local day; 0: no limit
    concurrency integer not null default 16 check (concurrency between 1 and 9999),
    breaker_after integer not null default 5 check (breaker_after >= 1),
    breaker_seconds double precision not null default 15,
    stopped text not null default '', -- why nothing is sent until a person resumes it
    stopped_by text not null default '',
    stopped_at timestamptz,
    tokens double precision not null default 0,
    tokens_at timestamptz,
    day date,
    day_used bigint not null default 0,
    failures integer not null default 0, -- calls without an answer, one after the other
    openings integer not null default 0, -- times the breaker opened one after the other
    open_until timestamptz,
    trouble text not null default '', -- why calls are held back until then
    failing_until timestamptz, -- repeats are rationed until then
    retry_tokens double precision not null default 20,
    shares jsonb not null default '{}' -- worker -> how many calls it may have open, and until when it says so
) with (fillfactor = 20);

-- When a system is announced to be closed.
create table system_window (
    id bigint generated always as identity primary key,
    system text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    message text not null,
    entered_by text not null,
    check (ends_at > starts_at)
);
create index system_window_end on system_window (system, ends_at);

-- A person's proposal about money or a signature that waits for a second person.
create table effect_proposal (
    id bigint generated always as identity primary key,
    effect_id bigint not null references effect (id),
    action text not null check (action in ('retry', 'done', 'refused', 'not-done')),
    proposed_by text not null,
    proposed_at timestamptz not null,
    reason text not null,
    evidence text not null,
    code text not null default '',
    decided_by text,
    decided_at timestamptz,
    accepted boolean,
    check (decided_by is null or decided_by <> proposed_by),
    check ((decided_by is null) = (decided_at is null) and (decided_by is null) = (accepted is null))
);
create unique index effect_proposal_open on effect_proposal (effect_id) where decided_by is null;

grant select, insert, update on effect to lienthong_app;
grant select, insert, update on system_flow to lienthong_app;
grant select, insert, delete on system_window to lienthong_app;
grant select, insert, update (decided_by, decided_at, accepted) on effect_proposal to lienthong_app;
