// The fields of the bench's questions over the tables.
import { v7 } from "./uuid.mjs";

const ORGANIZATION = "id, municipality_id, district_id, name, name_kana, kind, stage, phone, email";
const ROUNDTABLE = "id, organization_id, starts_at, title, venue, audience_count, state";

const below = (table, columns, order) =>
  `SELECT k AS parent, x.* FROM unnest($1::uuid[]) k CROSS JOIN LATERAL (
     SELECT ${columns} FROM ${table} WHERE organization_id = k ORDER BY ${order} LIMIT $2) x`;

const LIAISONS = `SELECT district_id AS parent, id, role, kind, staff_name, term_start, account_id
  FROM liaison_assignments WHERE district_id = ANY($1::uuid[]) AND state = 'APPOINTED' ORDER BY term_start, id`;
const ALLOCATION = below("grant_allocations", "id, fiscal_year, amount_yen, basis", "fiscal_year DESC, id DESC");
const ROUNDTABLES = below("roundtables", ROUNDTABLE, "starts_at DESC, id DESC");
const PROPOSALS = below(
  "challenge_proposals",
  "id, title, state, requested_yen, submitted_at",
  "created_at DESC, id DESC",
);

/** `first` rows of a list in the order of `keys` and `id`, and whether there are more. */
async function page(context, { table, columns, key, type, descending }, first, after) {
  const [direction, compare] = descending ? ["DESC", "<"] : ["ASC", ">"];
  const from = after ? `WHERE (${key}, id) ${compare} ($2::${type}, $3::uuid)` : "";
  const text = `SELECT ${columns} FROM ${table} ${from} ORDER BY ${key} ${direction}, id ${direction} LIMIT $1`;
  const position = after ? JSON.parse(Buffer.from(after, "base64url")) : [];
  const rows = await context.rows(`${table} page${after ? " on" : ""}`, text, [first + 1, ...position]);
  const nodes = rows.slice(0, first);
  const last = nodes.at(-1);
  const endCursor = last ? Buffer.from(JSON.stringify([last[key], last.id])).toString("base64url") : null;
  return { nodes, pageInfo: { endCursor, hasNextPage: rows.length > first } };
}

const ORGANIZATIONS = { table: "organizations", columns: ORGANIZATION, key: "name_kana", type: "text" };
const MEETINGS = { table: "roundtables", columns: ROUNDTABLE, key: "starts_at", type: "timestamptz", descending: true };

async function passageRecord(_, { input }, context) {
  const text = `INSERT INTO roundtable_passages (id, roundtable_id, organization_id, district_id, number, session, text)
    VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id, number`;
  const { roundtableId, organizationId, districtId, number, session } = input;
  const values = [v7(), roundtableId, organizationId, districtId, number, session, input.text];
  return (await context.rows("passage", text, values))[0];
}

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const columns = (...names) => Object.fromEntries(names.map((name) => [name, (row) => row[snake(name)]]));

export const resolvers = {
  Query: {
    viewer: (_, __, c) => c.byId("accounts", "id, name, name_kana", c.account),
    organization: (_, { id }, c) => c.byId("organizations", ORGANIZATION, id),
    organizations: (_, { first, after }, c) => page(c, ORGANIZATIONS, first, after),
    roundtables: (_, { first, after }, c) => page(c, MEETINGS, first, after),
  },
  Mutation: { passageRecord },
  Organization: {
    ...columns("nameKana"),
    municipality: (o, _, c) => c.byId("municipalities", "id, name", o.municipality_id),
    district: (o, _, c) => c.byId("districts", "id, name", o.district_id),
    latestAllocation: async (o, _, c) => (await c.groups("allocation", ALLOCATION, o.id, 1))[0],
    roundtables: async (o, { first }, c) => ({ nodes: await c.groups("meetings", ROUNDTABLES, o.id, first) }),
    proposals: async (o, { first }, c) => ({ nodes: await c.groups("proposals", PROPOSALS, o.id, first) }),
  },
  District: { liaisons: (d, _, c) => c.groups("liaisons", LIAISONS, d.id) },
  Liaison: {
    ...columns("staffName", "termStart"),
    account: (l, _, c) => c.byId("accounts", "id, name, name_kana", l.account_id),
  },
  Account: columns("nameKana"),
  Allocation: columns("fiscalYear", "amountYen"),
  Roundtable: {
    ...columns("startsAt", "audienceCount"),
    organization: (r, _, c) => r.organization_id && c.byId("organizations", ORGANIZATION, r.organization_id),
  },
  Proposal: columns("requestedYen", "submittedAt"),
};
