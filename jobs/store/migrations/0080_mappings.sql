-- Rows that people add to the tables between our words and other systems' codes. One person proposes, another accepts; content never
-- changes and nothing is deleted: a row ends by its last day, again by two people. 'valid_to' the day before 'valid_from': it never held.
create table mapping_row (
    id bigint generated always as identity primary key,
    system text not null check (system ~ '^[a-z0-9_.]{1,60}$'),
    list text not null check (list ~ '^[a-z0-9_]{1,60}$'),
    code text not null check (length(code) between 1 and 120), -- theirs
    meaning text not null check (length(meaning) <= 120), -- ours; '' is a word of some lists
    way text not null check (way in ('both', 'in', 'out')),
    valid_from date not null,
    valid_to date check (valid_to >= valid_from - 1),
    reason text not null check (length(reason) between 3 and 500),
    proposed_by text not null check (proposed_by ~ '^person:.+'),
    proposed_at timestamptz not null,
    accepted_by text check (accepted_by ~ '^person:.+'),
    accepted_at timestamptz,
    rejected_by text,
    rejected_at timestamptz,
    rejected_because text,
    end_on date,
    end_reason text,
    end_proposed_by text check (end_proposed_by ~ '^person:.+'),
    end_proposed_at timestamptz,
    ended_by text check (ended_by ~ '^person:.+'),
    ended_at timestamptz,
    waits_since timestamptz, -- the oldest dossier that waited for this row; null: none did
    told_again_at timestamptz, -- what waited was planned anew
    constraint mapping_row_two_people check (accepted_by <> proposed_by),
    constraint mapping_row_two_people_end check (ended_by <> end_proposed_by),
    check ((accepted_by is null) = (accepted_at is null)),
    check ((rejected_by is null) = (rejected_at is null)),
    check ((ended_by is null) = (ended_at is null)),
    check (accepted_by is null or rejected_by is null),
    check (end_on is null or accepted_by is not null),
    check (ended_by is null or (end_on is not null and valid_to = end_on))
);
create index mapping_row_open on mapping_row (id) where accepted_by is null and rejected_by is null;
create index mapping_row_ending on mapping_row (id) where end_on is not null and ended_by is null;
create index mapping_row_untold on mapping_row (id)
    where waits_since is not null and accepted_by is not null and told_again_at is null;
create index mapping_row_list on mapping_row (system, list, id) where accepted_by is not null;

-- What was decided stays decided, and one code or meaning never has two accepted rows on one day.
create function mapping_row_guard() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and (
        (old.accepted_by is not null and (new.accepted_by, new.accepted_at) is distinct from (old.accepted_by, old.accepted_at))
        or (old.rejected_by is not null and (new.rejected_by, new.accepted_by) is distinct from (old.rejected_by, old.accepted_by))
        or (old.ended_by is not null and (new.ended_by, new.valid_to) is distinct from (old.ended_by, old.valid_to))
        or (new.ended_by is null and new.valid_to is distinct from old.valid_to)) then
        raise exception 'mapping_row %: what was decided stays', old.id using errcode = 'integrity_constraint_violation';
    end if;
    if new.accepted_by is not null and (tg_op = 'INSERT' or old.accepted_by is null) then
        perform pg_advisory_xact_lock(hashtextextended(new.system || '/' || new.list, 80));
        if exists (
            select from mapping_row o
            where o.id <> new.id and o.system = new.system and o.list = new.list and o.accepted_by is not null
              and ((o.code = new.code and o.way <> 'out' and new.way <> 'out')
                   or (o.meaning = new.meaning and o.way <> 'in' and new.way <> 'in'))
              and daterange(o.valid_from, o.valid_to + 1)
                  && daterange(new.valid_from, new.valid_to + 1)) then
            raise exception 'mapping_row %: another accepted row holds on one of its days', new.id
                using errcode = 'exclusion_violation';
        end if;
    end if;
    return new;
end
$$;
create trigger mapping_row_guard before insert or update on mapping_row for each row execute function mapping_row_guard();

grant select, insert on mapping_row to lienthong_app;
grant update (accepted_by, accepted_at, rejected_by, rejected_at, rejected_because, end_on, end_reason, end_proposed_by,
              end_proposed_at, ended_by, ended_at, valid_to, waits_since, told_again_at) on mapping_row to lienthong_app;
