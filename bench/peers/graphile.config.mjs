// PostGraphile with its Amber preset, as the role and with the settings of our own transactions.
import { randomUUID } from "node:crypto";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const pgSettings = (context) => {
  const headers = context.node?.req?.headers ?? {};
  return {
    "entaku.municipality": headers["entaku-bench-municipality"] ?? "",
    "entaku.actor": headers["entaku-bench-account"] ?? "",
    "entaku.request": randomUUID(),
    "entaku.act": "roundtablePassageRecord",
    "entaku.now": new Date().toISOString(),
  };
};

export default {
  extends: [PostGraphileAmberPreset],
  // Our indexes lead with the municipality, which comes from the wall and not from the document; without
  // this PostGraphile would offer none of their other columns for ordering.
  disablePlugins: ["PgIndexBehaviorsPlugin"],
  pgServices: [
    makePgService({
      connectionString: process.env.BENCH_DATABASE_URL,
      schemas: ["public"],
      pubsub: false,
      pgSettings,
      poolConfig: { max: Number(process.env.BENCH_POOL ?? 8) },
    }),
  ],
  grafserv: { watch: false, graphiql: false, maxRequestLength: 1_000_000 },
  grafast: { explain: false },
};
