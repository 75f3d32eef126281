-- What the state already holds: who asked which national database about whom, for which dossier; and what it answered.

-- The ledger of purposes. It holds no personal data, only grows, and is laid beside the other side's log by request_id.
create table purpose (
    id bigint generated always as identity primary key,
    request_id text not null unique,
    system text not null,
    operation text not null,
    procedure text not null,
    unit text not null,
    officer text not null,
    dossier_code text not null,
    subject_digest text not null,
    at timestamptz not null,
    source text not null check (source in ('asked', 'cache'))
);
create index purpose_dossier on purpose (dossier_code);
create index purpose_subject on purpose (subject_digest, at);

-- One question of one dossier, and its answer with its age.
create table reuse_answer (
    id bigint generated always as identity primary key,
    dossier_code text not null references dossier (code),
    system text not null,
    operation text not null,
    subject text not null, -- salted hash of what was asked: the same question again is one
    state text not null check (state in ('asked', 'answered', 'refused', 'with_person')),
    verdict text not null default '',
    answer jsonb, -- personal
    asked_at timestamptz not null,
    answered_at timestamptz,
    from_cache boolean not null default false,
    unique (dossier_code, system, operation)
);
create index reuse_answer_cache on reuse_answer (system, operation, subject, answered_at) where state = 'answered';

grant select, insert on purpose to lienthong_app;
grant select, insert, update on reuse_answer to lienthong_app;
