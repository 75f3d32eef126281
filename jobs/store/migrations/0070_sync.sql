-- Synchronisation: the whole dossier as last assembled, what every other system has of it, and what waits to be read.

-- Changed in the case system; its detail has still to be read. One row per dossier, however often it changes meanwhile.
create table sync_wanted (
    dossier_code text primary key references dossier (code),
    source_id text not null,
    since timestamptz not null, -- of the newest change; a row that changed while it was worked on stays
    due_at timestamptz not null,
    tries integer not null default 0
);
create index sync_wanted_due on sync_wanted (due_at);

-- The newest version; it rises when the content changes, and only then.
create table dossier_file (
    dossier_code text primary key references dossier (code),
    version integer not null check (version >= 1),
    digest text not null,
    content jsonb not null, -- mappings.canonical.file.DossierFile; personal
    at timestamptz not null
);

-- What one system has of one dossier. 'there' means that the system said so.
create table sync_state (
    system text not null,
    dossier_code text not null references dossier (code),
    planned_version integer not null,
    planned_steps integer not null default 0,
    there_version integer not null default 0,
    there_steps integer not null default 0,
    state text not null check (state in ('waiting', 'there', 'refused', 'lost')),
    reference text not null default '', -- the dossier's name there, when it has one of its own
    at timestamptz not null,
    compared_at timestamptz,
    repairs integer not null default 0,
    primary key (system, dossier_code),
    check (there_version <= planned_version),
    check (there_steps <= planned_steps)
);
create index sync_state_compare on sync_state (system, compared_at nulls first) where state = 'there';
create index sync_state_open on sync_state (system, state) where state <> 'there';

grant select, insert, update, delete on sync_wanted to lienthong_app;
grant select, insert, update on dossier_file, sync_state to lienthong_app;
