# packages: sqlite3
sqlite3 t.db <<'X'
create table a(i integer primary key, t text, r real); with recursive c(n) as (select 1 union all select n + 1 from c where n < 20000) insert into a select n, printf('t%05d', n * 7919 % 20011), n / 7.0 from c;
create index x on a(t); select count(*), sum(i), avg(r), min(t), max(t) from a; select i, t from a where t between 't00100' and 't00110' order by t; pragma integrity_check;
begin; update a set r = r * 2 where i % 3 = 0; rollback; select round(sum(r), 3) from a; select json_extract('{"a":[1,2,{"b":3}]}', '$.a[2].b'), hex(zeroblob(3)), strftime('%Y-%m-%d', 0, 'unixepoch'); explain query plan select * from a where t = 'x';
create virtual table f using fts5(x); insert into f values('the quick brown fox'), ('lazy dog'); select * from f where f match 'quick'; select i, row_number() over (order by t desc) from a limit 3; pragma journal_mode = wal; insert into a values(50000, 'w', 1.5); select count(*) from a;
X
sqlite3 t.db .dump | sed "s/\(\.[0-9]\{9\}\)[0-9]*/\1/" | md5sum; sqlite3 --version | cut -c1-10
