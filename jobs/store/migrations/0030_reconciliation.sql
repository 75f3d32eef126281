-- Files of gateways, banks and the treasury; matches; days. What was received and matched is never changed.

-- A gateway's file of one session. The same bytes are one file; other bytes for the same session are a new version.
create table settlement_file (
    id bigint generated always as identity primary key,
    partner text not null,
    session date not null,
    terminal text not null,
    profile text not null,
    name text not null,
    digest text not null,
    version integer not null check (version >= 1),
    row_count integer not null,
    gross bigint not null,
    fee bigint not null,
    net bigint not null,
    raw bytea not null,
    loaded_at timestamptz not null,
    loaded_by text not null,
    superseded_by bigint references settlement_file,
    unique (partner, session, terminal, digest),
    unique (partner, session, terminal, version)
);
create index settlement_file_session on settlement_file (session);
grant select, insert, update (superseded_by) on settlement_file to lienthong_app;

create table settlement_line (
    id bigint generated always as identity primary key,
    file_id bigint not null references settlement_file,
    row_number integer not null,
    kind smallint not null check (kind between 1 and 5),
    reference text not null,
    provider_reference text not null,
    original_reference text not null,
    gross bigint not null,
    fee bigint not null,
    net bigint not null,
    status smallint not null check (status between 1 and 3),
    at timestamptz,
    session date not null
);
create index settlement_line_file on settlement_line (file_id);
create index settlement_line_reference on settlement_line (reference);
grant select, insert on settlement_line to lienthong_app;

-- A bank's or the treasury's statement of one account.
create table statement_file (
    id bigint generated always as identity primary key,
    side smallint not null check (side in (3, 4)),
    account text not null,
    statement text not null,
    first_day date,
    last_day date,
    name text not null,
    format text not null,
    digest text not null,
    version integer not null check (version >= 1),
    opening bigint,
    closing bigint,
    row_count integer not null,
    raw bytea not null,
    loaded_at timestamptz not null,
    loaded_by text not null,
    superseded_by bigint references statement_file,
    unique (digest, account, statement),
    unique (account, statement, version)
);
create index statement_file_day on statement_file (last_day);
grant select, insert, update (superseded_by) on statement_file to lienthong_app;

-- entry_key: account and the bank's own reference; without one, the equal lines of a day are counted, so that
-- overlapping statements bring each line once and two equal payments stay two.
create table statement_line (
    id bigint generated always as identity primary key,
    file_id bigint not null references statement_file,
    side smallint not null,
    account text not null,
    entry_key text not null unique,
    place text not null,
    booked_on date not null,
    value_on date,
    amount bigint not null,
    currency text not null,
    returned boolean not null,
    return_reason text,
    reference text not null,
    bank_reference text not null,
    text text not null,
    counterparty_account text not null
);
create index statement_line_reference on statement_line (reference) where reference <> '';
create index statement_line_day on statement_line (account, booked_on);
grant select, insert on statement_line to lienthong_app;

-- Who or which rule matched what, when. Undone by a counter-record, never by an update.
create table match_record (
    id bigint generated always as identity primary key,
    rule text not null,
    kind smallint not null,
    reference text not null,
    amount bigint not null,
    settlement_line_id bigint references settlement_line,
    statement_line_id bigint references statement_line,
    settlement_file_id bigint references settlement_file,
    made_by text not null,
    made_at timestamptz not null,
    reason text not null default '',
    undoes bigint unique references match_record,
    check (num_nonnulls(settlement_line_id, statement_line_id, settlement_file_id) >= 1)
);
create index match_record_settlement on match_record (settlement_line_id) where settlement_line_id is not null;
create index match_record_statement on match_record (statement_line_id) where statement_line_id is not null;
create index match_record_file on match_record (settlement_file_id) where settlement_file_id is not null;
create index match_record_reference on match_record (reference);
grant select, insert on match_record to lienthong_app;

-- What a person may accept: only amount and time speak for it.
create table match_proposal (
    id bigint generated always as identity primary key,
    statement_line_id bigint not null references statement_line,
    settlement_file_id bigint not null references settlement_file,
    amount bigint not null,
    proposed_by text not null,
    proposed_at timestamptz not null,
    reason text not null,
    accepted_by text,
    accepted_at timestamptz,
    unique (statement_line_id, settlement_file_id),
    check (accepted_by is null or accepted_by <> proposed_by)
);
grant select, insert, update (accepted_by, accepted_at) on match_proposal to lienthong_app;

-- The closing of one account and session: acts of people, append-only; the report is frozen with the second signature.
create table reconciliation_act (
    id bigint generated always as identity primary key,
    account text not null,
    session date not null,
    act text not null check (act in ('close', 'reopen')),
    round integer not null check (round >= 1),
    step integer not null check (step in (1, 2)),
    person text not null,
    at timestamptz not null,
    note text not null,
    report jsonb,
    report_digest text,
    unique (account, session, round, act, step),
    unique (account, session, round, act, person),
    check ((act = 'close' and step = 2) = (report is not null))
);
create index reconciliation_act_session on reconciliation_act (session);
grant select, insert on reconciliation_act to lienthong_app;
