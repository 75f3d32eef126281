-- The working calendar of this installation. A year without rows is read from the list that ships with the program.

create table calendar_year (
    year integer primary key check (year between 2000 and 2100),
    source text not null,
    imported_at timestamptz not null,
    imported_by text not null
);

-- Only days that differ from the plain week. changed_by: a person edited the day; an import leaves it alone.
create table calendar_day (
    day date primary key,
    kind text not null check (kind in ('working', 'half', 'off')),
    name_vi text not null,
    name_en text not null,
    status text not null check (status in ('announced', 'forecast')),
    source text not null,
    changed_by text
);

-- Openings of the counters; unit '' is everybody without hours of its own. weekday 0 is Monday, times are local.
create table office_hours (
    unit text not null,
    weekday smallint not null check (weekday between 0 and 6),
    opens time not null,
    closes time not null check (closes > opens),
    valid_from date not null,
    valid_to date check (valid_to >= valid_from),
    primary key (unit, weekday, opens, valid_from)
);

grant select, insert, update on calendar_year to lienthong_app;
grant select, insert, update, delete on calendar_day to lienthong_app;
grant select, insert, update (valid_to) on office_hours to lienthong_app;
