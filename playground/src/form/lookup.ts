import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from 'graphql';
import { send } from '../server/graphql';
import { type Problem } from '../server/problem';
import type { Variable } from './variables';

/** A list of the schema in which an id can be looked up. */
export interface Lookup {
  field: string;
  type: GraphQLObjectType;
}

/** An object one can choose. */
export interface Choice {
  id: string;
  text: string;
}

/** Fields that tell people which object it is, in the order they are shown. */
const TELLING = ['fiscalYearLabel', 'title', 'name', 'email', 'kind', 'state', 'heldOn', 'visitedOn', 'receivedOn', 'summary', 'role'];
const PARENTS = ['organization', 'district', 'account', 'programme'];

/** The list in which the ids of an argument are found: of `organizationId` an organization, of `id` what the field is. */
export function lookupFor(schema: GraphQLSchema, name: string, argument: Variable['argument']): Lookup | null {
  const lists = listsOf(schema);
  const noun = name.replace(/Ids?$/, '').toLowerCase();
  if (name !== 'id' && noun !== name.toLowerCase()) {
    const named = lists.filter((list) => list.type.name.toLowerCase().endsWith(noun));
    return named.sort((a, b) => a.type.name.length - b.type.name.length)[0] ?? null;
  }
  const own = argument && rootField(schema, argument.field);
  return lists.find((list) => own && list.type === getNamedType(own.type)) ?? null;
}

function rootField(schema: GraphQLSchema, name: string): GraphQLField<unknown, unknown> | undefined {
  return schema.getQueryType()?.getFields()[name] ?? schema.getMutationType()?.getFields()[name];
}

function listsOf(schema: GraphQLSchema): Lookup[] {
  return Object.values(schema.getQueryType()?.getFields() ?? {}).flatMap((field) => {
    const connection = getNamedType(field.type);
    const nodes = isObjectType(connection) ? connection.getFields()['nodes'] : undefined;
    const type = nodes && getNamedType(nodes.type);
    const free = field.args.every((argument) => !isNonNullType(argument.type));
    return free && isObjectType(type) && type.getFields()['id'] ? [{ field: field.name, type }] : [];
  });
}

interface Page {
  nodes: Record<string, unknown>[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** A page of what can be chosen, and where the next begins. */
export async function choices(
  lookup: Lookup,
  after: string | null,
): Promise<{ found: Choice[]; next: string | null; problem?: Problem }> {
  const query = `query Lookup($after: String) { list: ${lookup.field}(first: 100, after: $after) {
    pageInfo { hasNextPage endCursor } nodes { id ${telling(lookup.type)} } } }`;
  const { data, problems } = await send({ query, operationName: 'Lookup', variables: { after } });
  const page = data?.['list'] as Page | null | undefined;
  if (!page) return { found: [], next: null, problem: problems[0] };
  const found = page.nodes.map((node) => ({ id: String(node['id']), text: textOf(lookup.type, node) }));
  return { found, next: page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null };
}

function telling(type: GraphQLObjectType): string {
  const fields = type.getFields();
  const plain = TELLING.filter((name) => fields[name] && isPlain(fields[name]));
  const parents = PARENTS.flatMap((name) => {
    const parent = fields[name] && getNamedType(fields[name].type);
    return isObjectType(parent) && parent.getFields()['name'] ? [`${name} { name }`] : [];
  });
  return [...plain, ...parents].join(' ');
}

function isPlain(field: GraphQLField<unknown, unknown>): boolean {
  const type = getNamedType(field.type);
  return (isScalarType(type) || isEnumType(type)) && field.args.length === 0;
}

function textOf(type: GraphQLObjectType, node: Record<string, unknown>): string {
  const parts = Object.entries(node).flatMap(([name, value]) => {
    if (name === 'id' || value === null || value === '') return [];
    if (typeof value === 'object') return [String((value as { name?: string }).name ?? '')];
    const named = getNamedType(type.getFields()[name]?.type);
    const described = isEnumType(named) ? named.getValue(String(value))?.description : null;
    return [described ?? String(value)];
  });
  return parts.filter(Boolean).join(' ・ ') || String(node['id']);
}
