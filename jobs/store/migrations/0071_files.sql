-- Files of dossiers that other systems take from us: inside a message, or by a link that ends.
create table stored_file (
    id bigint generated always as identity primary key,
    origin text not null unique, -- where it came from, 'igate:<id>': fetched once
    dossier_code text not null,
    name text not null,
    media_type text not null,
    size integer not null,
    sha256 text not null,
    content bytea not null, -- personal
    at timestamptz not null
);
create index stored_file_dossier on stored_file (dossier_code);
alter table stored_file alter column content set storage external;

grant select, insert, delete on stored_file to lienthong_app;
