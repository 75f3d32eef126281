-- Rows get their number before they commit, so a smaller number may appear after a larger one was taken into a total.
-- A roll-up therefore takes numbers only when every transaction that could still bring one of them has ended.
alter table roll_up_mark add column next_id bigint; -- the newest number given out when this step began
alter table roll_up_mark add column horizon bigint; -- the first transaction that had not begun when next_id was known
