import {
  type DocumentNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  GraphQLList,
  getNamedType,
  getNullableType,
  isObjectType,
  Kind,
} from 'graphql';
import { label } from '../japanese/describe';
import { type Column, type Fragments, at, columnsOf } from './columns';

/** Part of a result that is shown as a table: the rows of a list, or one object with its fields below each other. */
export interface Table {
  title: string;
  path: string[];
  columns: Column[];
  rows: unknown[];
  single: boolean;
  /** Is it a connection, whose other pages can be read? */
  paged: boolean;
  total: number | null;
}

/** A result as tables, lists below an object after the object. */
export function tablesOf(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, data: unknown): Table[] {
  const root = operation.operation === 'mutation' ? schema.getMutationType() : schema.getQueryType();
  const fragments: Fragments = Object.fromEntries(
    document.definitions.flatMap((d) => (d.kind === Kind.FRAGMENT_DEFINITION ? [[d.name.value, d]] : [])),
  );
  return root ? lists({ schema, fragments }, root, operation.selectionSet, [], data) : [];
}

interface Ground {
  schema: GraphQLSchema;
  fragments: Fragments;
}

/** The tables of the fields of an object that is not itself shown. */
function lists(ground: Ground, type: GraphQLObjectType, selection: SelectionSetNode, path: string[], data: unknown): Table[] {
  return selection.selections.flatMap((node) => {
    const field = node.kind === Kind.FIELD ? type.getFields()[node.name.value] : undefined;
    const below = field && getNamedType(field.type);
    if (node.kind !== Kind.FIELD || !field || !isObjectType(below) || !node.selectionSet) return [];
    const here = [...path, node.alias?.value ?? node.name.value];
    const title = label(field.description, node.name.value);
    const many = getNullableType(field.type) instanceof GraphQLList;
    return tables(ground, { type: below, selection: node.selectionSet, path: here, title, many }, data);
  });
}

interface Place {
  type: GraphQLObjectType;
  selection: SelectionSetNode;
  path: string[];
  title: string;
  many: boolean;
}

function tables(ground: Ground, place: Place, data: unknown): Table[] {
  const { type, selection, path, title, many } = place;
  const value = at(data, path);
  if (value === null || value === undefined) return [];
  const nodes = nodesOf(type, selection);
  if (nodes) {
    const columns = columnsOf(nodes.type, nodes.selection, ground.fragments);
    const connection = value as { nodes?: unknown[]; totalCount?: number };
    return [{ title, path, columns, rows: connection.nodes ?? [], single: false, paged: true, total: connection.totalCount ?? null }];
  }
  const columns = columnsOf(type, selection, ground.fragments);
  if (many) return [{ title, path, columns, rows: value as unknown[], single: false, paged: false, total: null }];
  const own = columns.filter((column) => !column.inner);
  const object: Table = { title, path, columns: own, rows: [value], single: true, paged: false, total: null };
  return [object, ...lists(ground, type, selection, path, data).filter((table) => !table.single)];
}

/** The objects of a connection, if it is one and they are asked for. */
function nodesOf(type: GraphQLObjectType, selection: SelectionSetNode) {
  const node = selection.selections.find((s) => s.kind === Kind.FIELD && s.name.value === 'nodes');
  const of = type.name.endsWith('Connection') ? getNamedType(type.getFields()['nodes']?.type) : null;
  if (node?.kind !== Kind.FIELD || !node.selectionSet || !isObjectType(of)) return null;
  return { type: of, selection: node.selectionSet };
}
