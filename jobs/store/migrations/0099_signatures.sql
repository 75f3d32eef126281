-- Signing sessions with signature CAs, and what was found out about the signatures of stored papers.

-- One request to one signer. Only digests and places stand here; prepared and signed files lie in stored_file.
create table signing_session (
    id text primary key,
    request_key text not null unique, -- who asks again with the same key gets the same session
    transaction text not null unique, -- our name of it at the provider
    dossier_code text not null references dossier (code),
    provider text not null,
    credential text not null default '',
    signer_digest text not null, -- keyed hash of the personal number; the number itself stands in the effect's payload only
    signer_masked text not null,
    description text not null,
    state text not null check (state in ('asked', 'waiting', 'signed', 'refused', 'expired', 'failed')),
    certificate jsonb, -- the only one that may sign, with its chain; personal
    reference text not null default '', -- the provider's name of the session, told by the provider's answer
    hinted text not null default '', -- the same, told by a push only: worth asking with, believed for nothing else
    answer jsonb, -- signature values that were told, not yet verified
    answer_hinted boolean not null default false,
    asks integer not null default 0,
    asked_at timestamptz,
    work_tries integer not null default 0, -- raised and committed before the work
    verify_tries integer not null default 0, -- looks at finished files whose verdict lacked data
    work_at timestamptz, -- preparing or finishing is due
    ask_at timestamptz, -- the provider is asked then; null while an asking is under way
    deadline timestamptz not null, -- as it was asked for
    expires_at timestamptz not null, -- deadline or the provider's own window, whichever is earlier; later for the last ask
    closing boolean not null default false, -- the last ask is under way
    reminder_at timestamptz,
    code text not null default '', -- why it ended so
    requested_by text not null,
    created_at timestamptz not null,
    ended_at timestamptz,
    constraint signing_ended check ((state in ('asked', 'waiting')) = (ended_at is null)),
    constraint signing_in_time check (deadline > created_at)
);
create index signing_session_due on signing_session (least(work_at, ask_at, reminder_at, expires_at))
    where state in ('asked', 'waiting');
create index signing_session_dossier on signing_session (dossier_code, created_at);
create index signing_session_reference on signing_session (provider, reference) where reference <> '';

-- The documents of a session, in the order in which the signer sees them.
create table signing_file (
    session_id text not null references signing_session (id),
    number integer not null,
    file_id bigint not null, -- stored_file that was asked to be signed
    document text not null, -- our id of it, as the signer sees it
    name text not null,
    kind text not null check (kind in ('pdf', 'xml')),
    sha256 text not null, -- of the file when it was asked for: another one is not signed
    prepared jsonb, -- PreparedDocument
    prepared_file bigint, -- stored_file; gone when the session has ended
    signed jsonb, -- SignedDocument, verified
    signed_file bigint, -- stored_file
    primary key (session_id, number),
    unique (session_id, document)
);

-- What the signature check found, once per file and list of roots. INDETERMINATE is looked at again.
create table signature_verdict (
    file_id bigint not null,
    trust text not null, -- digest of the list of roots that judged
    dossier_code text not null,
    verdict text not null check (verdict in ('VALID', 'INVALID', 'INDETERMINATE', 'UNSIGNED', 'MALFORMED')),
    reasons text[] not null,
    signers text[] not null, -- masked, as screens show them
    signatures integer not null,
    report jsonb not null, -- the whole report; personal
    tries integer not null default 1,
    at timestamptz not null,
    again_at timestamptz,
    primary key (file_id, trust)
);
create index signature_verdict_dossier on signature_verdict (dossier_code);
create index signature_verdict_again on signature_verdict (trust, again_at) where again_at is not null;

-- How far the papers were looked through, so that a run costs what is new and not what is stored.
create table signature_scan (
    trust text primary key,
    upto bigint not null
);

-- Usage for the indicators, by local day of asking. Nothing personal.
create view signature_usage as
    select (s.created_at at time zone 'Asia/Ho_Chi_Minh')::date as day, s.provider, coalesce(d.agency, '') as agency,
           count(*) as sessions,
           count(*) filter (where s.state = 'signed') as signed,
           count(*) filter (where s.state = 'refused') as refused,
           count(*) filter (where s.state = 'expired') as expired,
           count(*) filter (where s.state = 'failed') as failed,
           count(*) filter (where s.state in ('asked', 'waiting')) as open,
           coalesce(sum(f.files) filter (where s.state = 'signed'), 0)::bigint as files_signed,
           count(distinct s.signer_digest) filter (where s.state = 'signed') as signers
    from signing_session s
    join lateral (select count(*) as files from signing_file where session_id = s.id) f on true
    left join dossier d on d.code = s.dossier_code
    group by 1, 2, 3;

create view signature_check_usage as
    select (at at time zone 'Asia/Ho_Chi_Minh')::date as day, verdict, count(distinct file_id) as files,
           coalesce(sum(signatures), 0)::bigint as signatures
    from signature_verdict group by 1, 2;

grant select, insert, update on signing_session, signing_file, signature_verdict, signature_scan to lienthong_app;
grant select on signature_usage, signature_check_usage to lienthong_app;
