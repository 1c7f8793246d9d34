\set k random(1, {count})
\startpipeline
{tenant}
SELECT c.id, c.name, c.name_kana FROM accounts c WHERE c.id = {account} {wall:c};
\endpipeline
