-- Refunds: requests, signatures, policy, mandates, stop switches. The database itself refuses what must never be:
-- more back than was paid, one person alone, terms that changed after approval, a step that no table has.

-- The published edges (jobs.refunds.rules holds the same table).
create table refund_edge (
    before text not null,
    after text not null,
    primary key (before, after)
);
insert into refund_edge (before, after) values
    ('REQUESTED', 'APPROVED'), ('REQUESTED', 'DECLINED'), ('REQUESTED', 'WITHDRAWN'),
    ('APPROVED', 'RESERVED'),
    ('RESERVED', 'SENDING'), ('RESERVED', 'RELEASED'), ('RESERVED', 'SENT_TO_BANK'), ('RESERVED', 'UNKNOWN'),
    ('SENDING', 'NOT_SENT'), ('SENDING', 'UNKNOWN'), ('SENDING', 'ACCEPTED'), ('SENDING', 'SENT_TO_BANK'),
    ('SENDING', 'SETTLED'), ('SENDING', 'REJECTED'),
    ('NOT_SENT', 'SENDING'), ('NOT_SENT', 'RELEASED'), ('NOT_SENT', 'UNKNOWN'),
    ('UNKNOWN', 'ACCEPTED'), ('UNKNOWN', 'SENT_TO_BANK'), ('UNKNOWN', 'SETTLED'), ('UNKNOWN', 'REJECTED'),
    ('UNKNOWN', 'NOT_SENT'),
    ('ACCEPTED', 'SENT_TO_BANK'), ('ACCEPTED', 'SETTLED'), ('ACCEPTED', 'REJECTED'),
    ('SENT_TO_BANK', 'SETTLED'), ('SENT_TO_BANK', 'REJECTED'),
    ('SETTLED', 'RETURNED_BY_BANK');

-- Which refund is owed and who signs, dated. jobs/refunds/policy.toml holds the same rows.
create table refund_policy (
    id text not null,
    cause text not null,
    outcome text not null check (outcome in ('full', 'part', 'none', 'tax_office')),
    legal_basis text not null check (legal_basis <> ''),
    valid_from date not null,
    valid_to date,
    unit text not null default '*',
    procedure text not null default '*',
    kind text not null default '*',
    stage text not null default '*',
    percent integer not null default 100 check (percent between 1 and 100),
    above bigint not null default 0 check (above >= 0),
    up_to bigint not null default 0 check (up_to >= 0), -- 0: no upper end
    steps text[] not null default '{propose,approve}'
        check (cardinality(steps) >= 2 and steps[1] = 'propose' and steps[cardinality(steps)] = 'approve'),
    primary key (id, valid_from),
    check (valid_to is null or valid_to >= valid_from)
);
insert into refund_policy (id, cause, kind, stage, above, outcome, steps, legal_basis, valid_from) values
    ('surplus-twice', 'paid_twice', '*', '*', 0, 'full', '{propose,approve}',
     '† Thông tư 328/2016/TT-BTC: hoàn trả khoản nộp thừa', '2025-07-01'),
    ('surplus-much', 'paid_too_much', '*', '*', 0, 'full', '{propose,approve}',
     '† Thông tư 328/2016/TT-BTC: hoàn trả khoản nộp thừa', '2025-07-01'),
    ('reversed', 'reversed', '*', '*', 0, 'full', '{propose,approve}',
     '† Hợp đồng với cổng thanh toán: giao dịch đảo', '2025-07-01'),
    ('late', 'late_payment', '*', '*', 0, 'full', '{propose,approve}',
     '† Thông tư 328/2016/TT-BTC: thu khi hồ sơ đã đóng', '2025-07-01'),
    ('lowered', 'fee_lowered', '*', '*', 0, 'full', '{propose,approve}',
     '† Thông tư 328/2016/TT-BTC: phần chênh lệch nộp thừa', '2025-07-01'),
    ('refused', 'refused', '*', '*', 0, 'full', '{propose,approve}',
     '† Nghị quyết HĐND tỉnh về phí, lệ phí: hồ sơ bị từ chối', '2025-07-01'),
    ('refused-result', 'refused', 'phí', 'result', 0, 'none', '{propose,approve}',
     '† Luật Phí và lệ phí 97/2015/QH13, điều 3: dịch vụ đã thực hiện', '2025-07-01'),
    ('withdrawn', 'withdrawn', '*', '*', 0, 'full', '{propose,approve}',
     '† Nghị quyết HĐND tỉnh về phí, lệ phí: hồ sơ rút trước khi có kết quả', '2025-07-01'),
    ('withdrawn-result', 'withdrawn', '*', 'result', 0, 'none', '{propose,approve}',
     '† Luật Phí và lệ phí 97/2015/QH13, điều 3: đã có kết quả', '2025-07-01'),
    ('cancelled', 'cancelled', '*', '*', 0, 'full', '{propose,approve}',
     '† Nghị quyết HĐND tỉnh về phí, lệ phí: hồ sơ bị hủy', '2025-07-01'),
    ('tax', '*', 'thuế', '*', 0, 'tax_office', '{propose,approve}',
     '† Luật Quản lý thuế 38/2019/QH14, điều 60: cơ quan thuế hoàn trả', '2025-07-01'),
    ('large', 'refused', '*', '*', 100000000, 'full', '{propose,check,approve}',
     '† Quy chế chi tiêu nội bộ: trên 100 triệu đồng có kế toán trưởng kiểm soát', '2025-07-01'),
    ('person', 'other', '*', '*', 0, 'full', '{propose,approve}',
     '† Quyết định của người có thẩm quyền', '2025-07-01');

-- Văn bản ủy quyền: the only way that a refund goes without an approver's own signature. Its limits are 0 until set.
create table mandate (
    number text primary key check (number <> ''),
    causes text[] not null,
    limit_per_refund bigint not null default 0 check (limit_per_refund >= 0),
    limit_per_day bigint not null default 0 check (limit_per_day >= 0),
    valid_from date not null,
    valid_until date not null, -- the last day
    signed_first text not null check (signed_first like 'person:%'),
    signed_second text check (signed_second like 'person:%'), -- in force with it, not before
    revoked_at timestamptz,
    check (valid_until >= valid_from),
    constraint mandate_two_people check (signed_first <> signed_second)
);

create table refund (
    id bigint generated always as identity primary key,
    reference text not null unique check (reference ~ '^[A-Z0-9]{16}$'),
    key text unique, -- of the intent: the same one is the same refund for ever
    attempt_id bigint not null references payment_attempt (id),
    dossier_code text not null default '',
    amount bigint not null check (amount between 1 and 1000000000000),
    cause text not null check (cause in ('refused', 'withdrawn', 'cancelled', 'paid_twice', 'paid_too_much', 'reversed',
        'late_payment', 'fee_lowered', 'other')),
    reason text not null default '',
    stage text not null default '',
    route text not null check (route in ('gateway', 'transfer', 'treasury')),
    provider text not null default '',
    terminal text not null default '',
    one_at_a_time boolean not null default false, -- the provider cannot tell two open ones of a payment apart
    state text not null check (state in ('REQUESTED', 'APPROVED', 'RESERVED', 'SENDING', 'ACCEPTED', 'SENT_TO_BANK', 'SETTLED',
        'DECLINED', 'WITHDRAWN', 'RELEASED', 'NOT_SENT', 'UNKNOWN', 'REJECTED', 'RETURNED_BY_BANK')),
    waiting_for text not null default '',
    document_number text not null default '',
    payee_bank text not null default '',
    payee_account text not null default '',
    payee_name text not null default '',
    payee_other boolean not null default false, -- not the account that paid
    payee_paper text not null default '', -- number of the request or authorisation for another account
    payee_holder text not null default '', -- the holder's name as the bank shows it
    payer_account text not null default '', -- ours, that a transfer is paid from
    unit text not null default '', -- whose refunds payable carries it
    of_reversal boolean not null default false, -- the provider never got the money: a claim, no receivable
    steps text[] not null default '{propose,approve}',
    policy text not null default '',
    legal_basis text not null default '',
    opened_by text not null default '',
    requested_by text not null,
    requested_at timestamptz not null,
    approved_by text,
    approved_at timestamptz,
    terms_hash text,
    effect_key text, -- set when its effect is planned; until then it waits
    code text not null default '',
    message text not null default '',
    provider_reference text,
    sent_at timestamptz, -- when it first left us
    settled_at timestamptz,
    next_look_up_at timestamptz,
    asks integer not null default 0,
    overdue boolean not null default false,
    replaces bigint references refund (id), -- the one that the bank sent back
    updated_at timestamptz,
    constraint refund_two_people check (
        state in ('REQUESTED', 'DECLINED', 'WITHDRAWN')
        or (approved_at is not null and terms_hash is not null and approved_by is not null and approved_by <> requested_by
            and ((approved_by like 'person:%' and requested_by like 'person:%') or approved_by like 'mandate:%'))),
    -- Nothing about money rests without the time of its next look-up.
    constraint refund_asked check (state <> 'UNKNOWN' or next_look_up_at is not null),
    constraint refund_sent check (state not in ('SENDING', 'ACCEPTED', 'SENT_TO_BANK', 'UNKNOWN') or sent_at is not null),
    constraint refund_settled check ((state in ('SETTLED', 'RETURNED_BY_BANK')) = (settled_at is not null)),
    constraint refund_treasury check (route <> 'treasury' or state not in ('SENT_TO_BANK', 'SETTLED') or document_number <> ''),
    constraint refund_payee check (
        route <> 'transfer' or approved_at is null
        or (payee_bank <> '' and payee_account <> '' and payee_name <> '' and (not payee_other or payee_paper <> '')))
) with (fillfactor = 80);
create index refund_attempt on refund (attempt_id);
create index refund_state on refund (state, id);
create index refund_requested on refund (requested_at);
create index refund_sent_at on refund (sent_at) where sent_at is not null;
create index refund_effect on refund (effect_key) where effect_key is not null;
create index refund_look_up on refund (next_look_up_at) where next_look_up_at is not null;
create index refund_waiting on refund (route, id) where state in ('RESERVED', 'NOT_SENT') and effect_key is null;
create index refund_waiting_for on refund (waiting_for, id) where state in ('RESERVED', 'NOT_SENT') and waiting_for <> '';
create index refund_unknown on refund (attempt_id) where state = 'UNKNOWN';
create index refund_dossier on refund (dossier_code) where dossier_code <> '';
create index refund_mandate on refund (approved_by, approved_at) where approved_by like 'mandate:%';
-- One open refund per payment where the provider cannot tell two apart; who has no effect yet waits.
create unique index refund_one_open on refund (attempt_id)
    where one_at_a_time and effect_key is not null
        and state in ('RESERVED', 'NOT_SENT', 'SENDING', 'UNKNOWN', 'ACCEPTED', 'SENT_TO_BANK');

-- What of which fee line goes back; the rest of the amount is surplus, which belongs to no line.
create table refund_line (
    refund_id bigint not null references refund (id),
    fee_line_id bigint not null references fee_line (id),
    amount bigint not null check (amount >= 1),
    primary key (refund_id, fee_line_id)
);

-- Signatures in the order of the steps. Nobody signs twice.
create table refund_signature (
    refund_id bigint not null references refund (id),
    step text not null check (step in ('propose', 'prepare', 'check', 'agency', 'approve')),
    person text not null check (person like 'person:%'),
    at timestamptz not null,
    terms_hash text not null,
    primary key (refund_id, step),
    constraint refund_signature_once unique (refund_id, person)
);

-- Stops sending at one provider: by itself when a limit is passed, or by a person. A limit of 0 means no limit.
create table stop_switch (
    provider text not null,
    kind text not null check (kind in ('refund', 'payment')),
    stopped_at timestamptz,
    stopped_by text not null default '',
    reason text not null default '',
    limit_amount bigint not null default 0 check (limit_amount >= 0), -- đồng sent per local day
    limit_rejected integer not null default 0 check (limit_rejected >= 0), -- per local day
    limit_unknown integer not null default 0 check (limit_unknown >= 0), -- open at one time
    day date,
    day_amount bigint not null default 0,
    day_rejected integer not null default 0,
    primary key (provider, kind),
    check ((stopped_at is null) = (reason = ''))
);
insert into stop_switch (provider, kind, limit_amount, limit_rejected, limit_unknown) values
    ('vnpay', 'refund', 5000000000, 100, 100),
    ('statements', 'refund', 5000000000, 100, 0);

-- A name as banks print it; jobs.refunds.rules.folded does the same.
create function folded_name(name text) returns text language sql immutable strict parallel safe as $$
    select trim(regexp_replace(regexp_replace(replace(normalize(lower(normalize(trim(name), NFC)), NFD), 'đ', 'd'),
        '[\u0300-\u036f]', '', 'g'), '\s+', ' ', 'g'))
$$;

create function refund_terms(r refund) returns text language sql stable as $$
    select encode(sha256(convert_to(concat_ws(chr(31), r.reference, a.reference, r.amount::text, r.route, r.cause, r.reason,
        r.payee_bank, r.payee_account, r.payee_name), 'UTF8')), 'hex')
    from payment_attempt a where a.id = r.attempt_id
$$;

-- Refused with the name of the rule, so that a caller can tell which one it was.
create function refund_refuse(rule text, message text) returns void language plpgsql as $$
begin
    raise exception '%', message using errcode = 'check_violation', constraint = rule;
end
$$;

-- M4: the payment row is locked, then everything not known to have failed is added up.
create function refund_within_paid() returns trigger language plpgsql as $$
declare
    paid bigint;
    held bigint;
begin
    select paid_amount into paid from payment_attempt where id = new.attempt_id for no key update;
    select coalesce(sum(amount), 0) into held from refund
    where attempt_id = new.attempt_id and id <> new.id
        and state not in ('DECLINED', 'WITHDRAWN', 'RELEASED', 'REJECTED', 'RETURNED_BY_BANK');
    if held + new.amount > coalesce(paid, 0) then
        perform refund_refuse('refund_within_paid',
            format('refund %s: %s held and %s more is above the %s paid', new.reference, held, new.amount, coalesce(paid, 0)));
    end if;
    return new;
end
$$;
create trigger refund_within_paid before insert on refund for each row execute function refund_within_paid();
create trigger refund_still_within_paid before update of amount, attempt_id on refund for each row
    when (old.amount is distinct from new.amount or old.attempt_id is distinct from new.attempt_id)
    execute function refund_within_paid();

create function refund_begins() returns trigger language plpgsql as $$
begin
    if new.state <> 'REQUESTED' then
        perform refund_refuse('refund_edge', format('refund %s begins as %s', new.reference, new.state));
    end if;
    return new;
end
$$;
create trigger refund_begins before insert on refund for each row execute function refund_begins();

-- M6: after approval payment, amount, way, payee and reason stand.
create function refund_frozen() returns trigger language plpgsql as $$
begin
    if (old.reference, old.attempt_id, old.amount, old.cause, old.reason, old.route, old.payee_bank, old.payee_account,
        old.payee_name, old.approved_by, old.approved_at, old.requested_by, old.terms_hash)
       is distinct from
       (new.reference, new.attempt_id, new.amount, new.cause, new.reason, new.route, new.payee_bank, new.payee_account,
        new.payee_name, new.approved_by, new.approved_at, new.requested_by, new.terms_hash) then
        perform refund_refuse('refund_frozen', format('refund %s: its terms froze with the approval', old.reference));
    end if;
    return new;
end
$$;
create trigger refund_frozen before update on refund for each row when (old.approved_at is not null)
    execute function refund_frozen();

-- M7: who asked, who signed, who gets the money; or a mandate that covers it.
create function refund_approved(r refund) returns void language plpgsql as $$
declare
    signed text[];
    terms text := refund_terms(r);
    covers mandate;
    spent bigint;
begin
    if r.terms_hash is distinct from terms then
        perform refund_refuse('refund_frozen', format('refund %s: the hash is not that of its terms', r.reference));
    end if;
    if r.approved_by like 'mandate:%' then
        select * into covers from mandate where number = substr(r.approved_by, 9) for update;
        select coalesce(sum(amount), 0) into spent from refund
        where approved_by = r.approved_by and id <> r.id
            and (approved_at at time zone 'Asia/Ho_Chi_Minh')::date = (r.approved_at at time zone 'Asia/Ho_Chi_Minh')::date;
        if covers.number is null or covers.signed_second is null or covers.revoked_at is not null or r.cause <> all (covers.causes)
            or (r.approved_at at time zone 'Asia/Ho_Chi_Minh')::date not between covers.valid_from and covers.valid_until
            or r.amount > covers.limit_per_refund or spent + r.amount > covers.limit_per_day then
            perform refund_refuse('refund_mandate', format('refund %s: no mandate covers it', r.reference));
        end if;
        return;
    end if;
    select array_agg(s.person) into signed from refund_signature s where s.refund_id = r.id
        and (s.step = 'propose' or s.terms_hash = r.terms_hash);
    if (select count(*) from refund_signature s where s.refund_id = r.id and s.step = any (r.steps)
            and (s.step = 'propose' or s.terms_hash = r.terms_hash)) < cardinality(r.steps)
        or r.requested_by <> all (signed) or r.approved_by <> all (signed) then
        perform refund_refuse('refund_two_people', format('refund %s: signatures are missing', r.reference));
    end if;
    if r.payee_name <> '' and exists (select from person p where 'person:' || p.login = any (signed)
            and folded_name(p.name) = folded_name(r.payee_name)) then
        perform refund_refuse('refund_not_the_payee', format('refund %s: the payee signed', r.reference));
    end if;
end
$$;

-- M11 and what each step needs.
create function refund_moves() returns trigger language plpgsql as $$
begin
    if not exists (select from refund_edge where before = old.state and after = new.state) then
        perform refund_refuse('refund_edge', format('refund %s: %s cannot become %s', new.reference, old.state, new.state));
    end if;
    if new.state = 'APPROVED' then
        perform refund_approved(new);
    end if;
    -- Whatever else is known, an unknown one closes its payment for all others.
    if new.state in ('RESERVED', 'SENDING') and exists (
            select from refund where attempt_id = new.attempt_id and state = 'UNKNOWN' and id <> new.id) then
        perform refund_refuse('refund_unknown_blocks', format('refund %s: another of its payment is unknown', new.reference));
    end if;
    if new.state = 'SENDING' and (new.effect_key is null or new.terms_hash is distinct from refund_terms(new)) then
        perform refund_refuse('refund_effect', format('refund %s: no effect, or other terms than approved', new.reference));
    end if;
    return new;
end
$$;
create trigger refund_moves before update on refund for each row when (old.state is distinct from new.state)
    execute function refund_moves();

-- No refund is shown as sent without its effect: looked at when everything of the transaction is there.
create function refund_has_effect() returns trigger language plpgsql as $$
begin
    if not exists (select from effect where key = new.effect_key and state not in ('planned', 'parked', 'cancelled'))
        and exists (select from refund where id = new.id and state = 'SENDING') then
        perform refund_refuse('refund_effect', format('refund %s: its effect is not being sent', new.reference));
    end if;
    return null;
end
$$;
create constraint trigger refund_has_effect after update on refund deferrable initially deferred
    for each row when (new.state = 'SENDING' and old.state <> 'SENDING') execute function refund_has_effect();

grant select on refund_edge, refund_policy to lienthong_app;
grant insert, update (valid_to) on refund_policy to lienthong_app;
grant select, insert, update (signed_second, revoked_at) on mandate to lienthong_app;
grant select, insert on refund_line, refund_signature to lienthong_app;
grant select, insert, update on stop_switch to lienthong_app;
grant select, insert, update (amount, route, provider, one_at_a_time, state, waiting_for, document_number, payee_bank,
    payee_account, payee_name, payee_other, payee_paper, payee_holder, payer_account, requested_by, approved_by,
    approved_at, terms_hash, effect_key, code, message, provider_reference, sent_at, settled_at, next_look_up_at, asks,
    overdue, updated_at) on refund to lienthong_app;
