// graphql-yoga, node-postgres and dataloader: what one writes by hand in node, with care. One client and
// one transaction per request, behind the wall; rows of one kind are loaded together.
import { createServer } from "node:http";
import { createSchema, createYoga } from "graphql-yoga";
import pg from "pg";
import { resolvers } from "./resolvers.mjs";
import { begin } from "./transaction.mjs";

pg.types.setTypeParser(20, Number); // bigint: yen fit into a number
pg.types.setTypeParser(1082, (date) => date);
pg.types.setTypeParser(1184, (time) => time); // to the microsecond, and nothing is spent on Date

const pool = new pg.Pool({
  connectionString: process.env.BENCH_DATABASE_URL,
  max: Number(process.env.BENCH_POOL ?? 8),
});

const typeDefs = /* GraphQL */ `
  scalar DateTime
  scalar Date
  type Municipality { id: ID! name: String! }
  type Account { id: ID! name: String! nameKana: String! }
  type Liaison { id: ID! role: String! kind: String! staffName: String! termStart: Date! account: Account }
  type District { id: ID! name: String! liaisons: [Liaison!]! }
  type Allocation { id: ID! fiscalYear: Int! amountYen: Float! basis: String! }
  type Roundtable {
    id: ID! startsAt: DateTime! title: String! venue: String! audienceCount: Int state: String!
    organization: Organization
  }
  type Proposal { id: ID! title: String! state: String! requestedYen: Float! submittedAt: DateTime }
  type Passage { id: ID! number: Int! }
  type PageInfo { endCursor: String hasNextPage: Boolean! }
  type RoundtablePage { nodes: [Roundtable!]! pageInfo: PageInfo! }
  type ProposalPage { nodes: [Proposal!]! }
  type OrganizationPage { nodes: [Organization!]! pageInfo: PageInfo! }
  type Organization {
    id: ID! name: String! nameKana: String! kind: String! stage: String! phone: String email: String
    municipality: Municipality district: District latestAllocation: Allocation
    roundtables(first: Int!): RoundtablePage! proposals(first: Int!): ProposalPage!
  }
  input PassageInput {
    roundtableId: ID! organizationId: ID districtId: ID number: Int! session: String! text: String!
  }
  type Query {
    viewer: Account
    organization(id: ID!): Organization
    organizations(first: Int!, after: String): OrganizationPage!
    roundtables(first: Int!, after: String): RoundtablePage!
  }
  type Mutation { passageRecord(input: PassageInput!): Passage! }
`;

/** The transaction ends before the answer leaves. */
const transactions = {
  async onExecute({ args }) {
    const end = await begin(pool, args.contextValue);
    return { onExecuteDone: ({ result }) => end(!result.errors) };
  },
};

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  plugins: [transactions],
  logging: false,
  graphiql: false,
  maskedErrors: false,
});
createServer(yoga).listen(Number(process.env.BENCH_PORT), "127.0.0.1");
