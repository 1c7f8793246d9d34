// A request's transaction and its loaders.
import { randomUUID } from "node:crypto";
import DataLoader from "dataloader";

const SET =
  "SELECT set_config('entaku.municipality', $1, true), set_config('entaku.actor', $2, true)," +
  " set_config('entaku.request', $3, true), set_config('entaku.act', 'roundtablePassageRecord', true), set_config('entaku.now', $4, true)";

/** Opens it and puts `rows`, `byId`, `groups` and `account` into the context; answers how to end it. */
export async function begin(pool, context) {
  const headers = context.request.headers;
  const municipality = headers.get("entaku-bench-municipality") ?? "";
  context.account = headers.get("entaku-bench-account") ?? "";
  const client = await pool.connect();
  const rows = async (name, text, values) => (await client.query({ name, text, values })).rows;
  try {
    await client.query("BEGIN");
    await rows("set", SET, [municipality, context.account, randomUUID(), new Date().toISOString()]);
  } catch (error) {
    client.release(error);
    throw error;
  }
  Object.assign(context, { rows }, loaders(rows));
  return async (good) => {
    await client.query(good ? "COMMIT" : "ROLLBACK");
    client.release();
  };
}

function loaders(rows) {
  const made = new Map();
  const loader = (name, make) => made.get(name) ?? made.set(name, new DataLoader(make)).get(name);
  return {
    /** One row by its id. */
    byId: (table, columns, id) =>
      loader(table, async (ids) => {
        const found = await rows(table, `SELECT ${columns} FROM ${table} WHERE id = ANY($1::uuid[])`, [ids]);
        const known = new Map(found.map((row) => [row.id, row]));
        return ids.map((one) => known.get(one) ?? null);
      }).load(id),
    /** The rows below a parent; the statement's column `parent` says whose they are. */
    groups: (name, text, id, ...more) =>
      loader([name, ...more].join(), async (ids) => {
        const groups = new Map(ids.map((one) => [one, []]));
        for (const row of await rows(name, text, [ids, ...more])) groups.get(row.parent).push(row);
        return ids.map((one) => groups.get(one));
      }).load(id),
  };
}
