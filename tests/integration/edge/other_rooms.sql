-- The tables of other rooms, as far as the edge reads them; left out where the real migrations bring them.
create table dossier(code text primary key, national_code text, agency text, procedure text, status int, state text, applicant_name text, folded text, updated_at timestamptz not null);
create index on dossier(updated_at, code); create index on dossier using gin (folded gin_trgm_ops);
create table dossier_alias(alias text primary key, code text);
create table fee(id bigint generated always as identity primary key, dossier_code text, version int, state text);
create index on fee(dossier_code);
create table fee_line(id bigint generated always as identity primary key, fee_id bigint, kind text, unit text, account text, amount bigint, name text);
create index on fee_line(fee_id);
create table payment_attempt(id bigint generated always as identity primary key, reference text unique, channel text, provider text, terminal text, amount bigint, state text, created_at timestamptz, expires_at timestamptz, provider_reference text, paid_at timestamptz, next_look_up_at timestamptz, request_time text, payment_url text);
create table allocation(attempt_id bigint, fee_line_id bigint, amount bigint);
create index on allocation(attempt_id); create index on allocation(fee_line_id);
create table refund(id bigint generated always as identity primary key, reference text unique, attempt_id bigint, amount bigint, reason text, cause text, route text, state text, waiting_for text, document_number text, effect_key text, terms_hash text, requested_by text, approved_by text, requested_at timestamptz);
create index on refund(attempt_id); create index on refund(state,id);
create table effect(id bigint generated always as identity primary key, key text unique, system text, operation text, lane text, dossier_code text, reference text, correlation_id text, payload jsonb, state text, code text, attempt int, due_at timestamptz, created_at timestamptz);
create index on effect(dossier_code,id); create index on effect(state,id) where state<>'done';
create table case_item(id bigint generated always as identity primary key, kind text, key text unique, dossier_code text, amount bigint, opened_at timestamptz, deadline timestamptz, owner text, state text, evidence jsonb);
grant select, insert, update, delete on dossier, dossier_alias, fee, fee_line, payment_attempt, allocation, refund, effect,
    case_item to lienthong_app;
