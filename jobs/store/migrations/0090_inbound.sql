-- What other systems send us about dossiers, once, and what became of it; what people set up so that new dossiers can come in.

create table inbound_news (
    id bigint generated always as identity primary key,
    system text not null,
    key text not null, -- the same message twice has the same key
    dossier_code text not null, -- as the sender names it; empty: it wants a code from us
    kind text not null,
    news jsonb not null, -- mappings.canonical.inbound.DossierNews; personal
    received_at timestamptz not null,
    correlation_id text not null default '',
    state text not null check (state in ('waiting', 'applied', 'parked', 'ignored')),
    why text not null default '',
    lacks jsonb not null default '[]', -- what must be set up before it can go on, [[word, code]]
    tries integer not null default 0,
    begun integer not null default 0, -- times it was taken and not brought to an end: the third means that it kills its worker
    due_at timestamptz, -- of the next try; none for a parked one that only a person may try again
    given_code text not null default '', -- of a new dossier: the code that the case system gave
    case_key text not null default '', -- the open case of a parked one
    finished_at timestamptz,
    unique (system, key),
    check (state <> 'waiting' or due_at is not null),
    check (state in ('waiting', 'parked') or due_at is null)
);
create index inbound_news_due on inbound_news (due_at) where due_at is not null;
create index inbound_news_dossier on inbound_news (dossier_code, id) where dossier_code <> '';
create index inbound_news_open on inbound_news (id) where state in ('waiting', 'parked');
create unique index inbound_news_given on inbound_news (given_code) where given_code <> '';

-- What a system has made of a dossier by its news, so that late news changes nothing.
create table inbound_standing (
    system text not null,
    dossier_code text not null references dossier (code),
    news_id bigint not null references inbound_news (id),
    state text not null default '', -- that its last moving news brought; empty: none moved it
    seen text not null default '', -- state of our dossier then; while it stands there the news is the newer truth
    told boolean not null default false, -- the case system has been told and has confirmed
    moved_at timestamptz, -- by the clock of the system, of its last moving news
    answered_at timestamptz, -- by the clock of the system, of its last 'supplement received'
    primary key (system, dossier_code)
);
create index inbound_standing_dossier on inbound_standing (dossier_code);

-- Tax that a dossier owes and that was paid. One row per decision.
create table inbound_tax (
    dossier_code text not null,
    tax_code text not null, -- empty where the notice names a person only
    decision text not null,
    item text not null default '',
    amount bigint check (amount >= 1),
    decided_on date,
    owner_name text not null default '', -- personal
    link text not null default '', -- of the notice, where it lies at the sender
    file bigint references stored_file (id),
    noticed_at timestamptz,
    paid_amount bigint check (paid_amount >= 1),
    paid_at timestamptz,
    paid boolean not null default false,
    their_state text not null default '',
    payer jsonb, -- personal
    receipt_link text not null default '',
    receipted_at timestamptz,
    primary key (dossier_code, tax_code, decision)
);

-- How far a feed of news has been read.
create table inbound_cursor (
    feed text primary key,
    cursor text not null,
    at timestamptz not null
);

-- Dossier codes of the case system, fetched before somebody asks for one. Each is given away once.
create table inbound_code (
    code text primary key,
    pattern text not null,
    at timestamptz not null,
    given_at timestamptz,
    given_to text not null default ''
);
create index inbound_code_spare on inbound_code (pattern, at) where given_at is null;

-- Units, procedures and receiving officers, as people of this installation wrote them; the newest row counts.
create table inbound_setup (
    id bigint generated always as identity primary key,
    content jsonb not null,
    at timestamptz not null,
    by_whom text not null
);

grant select, insert, update on inbound_news, inbound_standing, inbound_tax, inbound_cursor, inbound_code to lienthong_app;
grant select, insert on inbound_setup to lienthong_app;
