-- What must always be true, asked once an hour: the last answer of each question.
create table invariant_check (
    name text primary key,
    checked_at timestamptz not null,
    broken integer not null check (broken >= 0), -- how many were found, counted up to a limit
    broken_since timestamptz,
    sample text[] not null default '{}', -- names of the things concerned, never persons
    failure text not null default '', -- why it could not be asked
    check ((broken > 0) = (broken_since is not null))
);
grant select, insert, update on invariant_check to lienthong_app;
