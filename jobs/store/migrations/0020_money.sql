-- The money: dossiers and what they owe, payment attempts, who collects where, and the ledger. Amounts are whole đồng.

-- A dossier as the case system shows it, with our own word for where it stands.
create table dossier (
    code text primary key, -- the first one we saw; later ones are aliases, so that its history stays in one place
    current_code text not null default '', -- what the case system calls it now, where that differs
    source_id text not null default '', -- the case system's own id
    national_code text,
    agency text,
    agency_name text not null default '',
    procedure text, -- its name, for people
    procedure_code text not null default '',
    status integer, -- the case system's number, as received
    status_known boolean not null default true,
    state text not null,
    stage text not null default '', -- how far the office had come; the refund policy differs by it
    applicant_name text,
    folded text, -- code, former codes and name, without accents, for search
    updated_at timestamptz not null, -- by the case system
    seen_at timestamptz,
    closed_at timestamptz -- when we saw it refused, withdrawn or cancelled
);
create unique index dossier_source on dossier (source_id) where source_id <> '';
create index dossier_recent on dossier (updated_at, code);
create index dossier_search on dossier using gin (folded gin_trgm_ops);

-- Other codes: a dossier that went to another agency stays reachable, and its money stays with the collecting unit.
create table dossier_alias (
    alias text primary key,
    code text not null references dossier (code),
    at timestamptz
);
create index dossier_alias_code on dossier_alias (code);

-- How far a feed has been read. Reading begins a little before it again.
create table feed_watermark (
    feed text primary key,
    at timestamptz not null,
    run_at timestamptz not null
);

-- A fee demand: one row per dossier and version. The newest version counts, the others are 'replaced'.
create table fee (
    id bigint generated always as identity primary key,
    dossier_code text not null references dossier (code),
    version integer not null check (version >= 1),
    state text not null
        check (state in ('open', 'paid', 'partly', 'overpaid', 'cancelled', 'replaced', 'exempt')),
    digest text not null default '', -- of its lines: the same demand again is no new version
    created_at timestamptz,
    unique (dossier_code, version)
);

-- One line of a demand. The same code in two versions is the same line.
create table fee_line (
    id bigint generated always as identity primary key,
    fee_id bigint not null references fee (id),
    code text not null default '',
    kind text not null, -- phí, lệ phí, thuế, phạt
    name text not null,
    amount bigint not null check (amount between 1 and 1000000000000),
    required boolean not null default true,
    unit text not null default '', -- who collects
    account text not null default '', -- whose account benefits
    chapter text not null default '',
    item text not null default '',
    share_kept_percent integer not null default 0 check (share_kept_percent between 0 and 100),
    paid_there boolean not null default false -- the case system believes it is paid, whoever took the money
);
create index fee_line_fee on fee_line (fee_id);

-- Who collects. Units end and have successors, by a document.
create table unit (
    code text not null,
    name text not null,
    valid_from date not null,
    valid_to date, -- the last day; null: still there
    successor text,
    document text not null default '', -- number of the decision that names the successor
    primary key (code, valid_from),
    check (valid_to is null or valid_to >= valid_from)
);

create table unit_account (
    unit text not null,
    account text not null,
    bank text not null,
    name text not null,
    purpose text not null check (purpose in ('collect', 'refund', 'both')),
    valid_from date not null,
    valid_to date,
    document text not null default '',
    primary key (unit, account, valid_from),
    check (valid_to is null or valid_to >= valid_from)
);

-- A merchant's number at a provider. It has one address for notifications, and that is not always ours.
create table terminal (
    provider text not null,
    code text not null,
    unit text not null,
    account text not null default '', -- where the provider pays its sessions
    ipn_owner text not null default 'lienthong' check (ipn_owner in ('lienthong', 'igate')),
    valid_from date not null,
    valid_to date,
    primary key (provider, code, valid_from),
    check (valid_to is null or valid_to >= valid_from)
);

create table payment_attempt (
    id bigint generated always as identity primary key,
    reference text not null unique check (length(reference) between 1 and 100),
    key text unique, -- the caller's: the same one is the same attempt
    channel text not null,
    provider text not null,
    terminal text not null,
    amount bigint not null check (amount between 1 and 1000000000000),
    state text not null
        check (state in ('CREATED', 'SENT', 'PAID', 'FAILED', 'EXPIRED', 'UNKNOWN', 'SUSPECT', 'REVERSED')),
    created_at timestamptz not null,
    expires_at timestamptz,
    request_time text, -- as sent, to the character: look-ups must repeat it
    payment_url text,
    provider_reference text,
    bank_reference text,
    bank_code text,
    code text not null default '', -- the provider's last word
    paid_at timestamptz,
    paid_amount bigint, -- what refunds may not exceed
    next_look_up_at timestamptz,
    asks integer not null default 0, -- look-ups planned so far
    payer_address text not null default '',
    language text not null default 'vi',
    opened_by text not null default '',
    updated_at timestamptz,
    -- Nothing about money rests without the time of its next look-up.
    constraint payment_attempt_asked check (state <> 'UNKNOWN' or next_look_up_at is not null),
    constraint payment_attempt_paid
        check (state not in ('PAID', 'REVERSED') or coalesce(paid_amount, 0) between 1 and 1000000000000)
);
create index payment_attempt_provider on payment_attempt (provider_reference) where provider_reference is not null;
create index payment_attempt_paid_at on payment_attempt (paid_at) where state = 'PAID';
create index payment_attempt_look_up on payment_attempt (next_look_up_at) where next_look_up_at is not null;
create index payment_attempt_ending on payment_attempt (expires_at)
    where state in ('CREATED', 'SENT') or (state = 'UNKNOWN' and payment_url is null);

-- A payment pays n lines. 'applied' is what counted when the money came: the rest of it is surplus.
create table allocation (
    attempt_id bigint not null references payment_attempt (id),
    fee_line_id bigint not null references fee_line (id),
    amount bigint not null check (amount >= 1),
    applied bigint not null default 0,
    taken_back bigint not null default 0, -- of it refunded, or held for refunds
    primary key (attempt_id, fee_line_id),
    constraint allocation_applied check (applied between 0 and amount),
    constraint allocation_taken_back check (taken_back between 0 and applied)
);
create index allocation_line on allocation (fee_line_id);

-- States move along the published edges only (jobs.payments.edges holds the same table).
create function payment_attempt_moves() returns trigger language plpgsql as $$
begin
    if (old.state || '>' || new.state) <> all (array[
        'CREATED>SENT', 'CREATED>PAID', 'CREATED>FAILED', 'CREATED>EXPIRED', 'CREATED>UNKNOWN', 'CREATED>SUSPECT',
        'CREATED>REVERSED',
        'SENT>PAID', 'SENT>FAILED', 'SENT>EXPIRED', 'SENT>UNKNOWN', 'SENT>SUSPECT', 'SENT>REVERSED',
        'UNKNOWN>PAID', 'UNKNOWN>FAILED', 'UNKNOWN>EXPIRED', 'UNKNOWN>SUSPECT', 'UNKNOWN>REVERSED',
        'FAILED>PAID', 'FAILED>SUSPECT', 'FAILED>REVERSED',
        'EXPIRED>PAID', 'EXPIRED>FAILED', 'EXPIRED>SUSPECT', 'EXPIRED>REVERSED',
        'SUSPECT>PAID', 'SUSPECT>FAILED', 'SUSPECT>REVERSED']) then
        raise exception 'payment %: % cannot become %', new.reference, old.state, new.state
            using errcode = 'check_violation', constraint = 'payment_attempt_edge';
    end if;
    return new;
end
$$;
create trigger payment_attempt_edge before update on payment_attempt
    for each row when (old.state is distinct from new.state) execute function payment_attempt_moves();

-- What a person must look at: breaks, money without a place, decisions.
create table case_item (
    id bigint generated always as identity primary key,
    kind text not null,
    key text not null unique,
    dossier_code text,
    amount bigint,
    opened_at timestamptz not null,
    deadline timestamptz,
    owner text,
    state text not null check (state in ('open', 'closed', 'proposed', 'explained')),
    evidence jsonb not null
);
create index case_item_open on case_item (id) where state = 'open';
create index case_item_deadline on case_item (deadline) where state = 'open';

-- The ledger: only grows. Debit is positive, credit negative; a correction is a new transaction that names the old one.
create table ledger_transaction (
    id bigint generated always as identity primary key,
    event text not null,
    document text not null,
    at timestamptz not null,
    transaction_on date not null, -- when it happened
    value_on date not null, -- ghi có
    booked_on date not null, -- hạch toán
    corrects bigint unique references ledger_transaction (id),
    actor text not null,
    correlation_id text not null default '',
    unique (event, document)
);
create index ledger_transaction_booked on ledger_transaction (booked_on);

create table ledger_entry (
    id bigint generated always as identity primary key,
    transaction_id bigint not null references ledger_transaction (id),
    account text not null check (account ~ '^[a-z_]+:.'),
    amount bigint not null check (amount <> 0 and amount between -1000000000000000 and 1000000000000000),
    reference text not null default ''
);
create index ledger_entry_transaction on ledger_entry (transaction_id);
create index ledger_entry_reference on ledger_entry (reference) where reference <> '';
create index ledger_entry_suspense on ledger_entry (reference) where account like 'suspense:%';

create function ledger_balanced() returns trigger language plpgsql as $$
declare
    difference bigint;
begin
    select sum(amount) into difference from ledger_entry where transaction_id = new.transaction_id;
    if difference <> 0 then
        raise exception 'ledger transaction %: debits and credits differ by %', new.transaction_id, difference
            using errcode = 'check_violation', constraint = 'ledger_balance';
    end if;
    return null;
end
$$;
create constraint trigger ledger_balance after insert on ledger_entry
    deferrable initially deferred for each row execute function ledger_balanced();

-- Going live in the middle of a year: what was there before, each with its document.
create table opening_item (
    id bigint generated always as identity primary key,
    as_of date not null,
    kind text not null check (kind in ('balance', 'payment', 'refund')),
    name text not null, -- an account, or the reference of a payment or refund
    amount bigint not null,
    document text not null check (document <> ''), -- the paper that proves it
    facts jsonb not null default '{}',
    imported_by text not null,
    imported_at timestamptz not null,
    unique (as_of, kind, name)
);

grant select, insert, update on dossier, feed_watermark to lienthong_app;
grant select, insert on dossier_alias to lienthong_app;
grant select, insert, update (paid_there) on fee_line to lienthong_app;
grant select, insert, update (state) on fee to lienthong_app;
grant select, insert, update (valid_to, successor, document) on unit to lienthong_app;
grant select, insert, update (valid_to) on unit_account, terminal to lienthong_app;
-- What was agreed with the payer never changes: no right to change reference, amount or terminal.
grant select, insert, update (state, expires_at, payment_url, provider_reference, bank_reference, bank_code, code,
    paid_at, paid_amount, next_look_up_at, asks, updated_at) on payment_attempt to lienthong_app;
grant select, insert, update (applied, taken_back) on allocation to lienthong_app;
grant select, insert, update on case_item to lienthong_app;
grant select, insert on ledger_transaction, ledger_entry, opening_item to lienthong_app;
