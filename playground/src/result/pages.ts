import {
  type DocumentNode,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  Kind,
  parse,
  print,
  visit,
} from 'graphql';
import { type Operation, send } from '../server/graphql';
import type { Problem } from '../server/problem';
import { at } from './columns';

const AFTER = 'entakuAfter';
const FIRST = 'entakuFirst';
const LARGEST = 100;
const SMALLEST = 5;

/** The document with one connection made to be read page by page. */
export function pagedDocument(document: DocumentNode, operation: OperationDefinitionNode, path: string[]): string {
  const selectionSet = deepen(operation.selectionSet, path);
  const used = new Set<string>();
  const rest = document.definitions.filter((d) => d.kind === Kind.FRAGMENT_DEFINITION);
  visit(selectionSet, { Variable: (node) => void used.add(node.name.value) });
  rest.forEach((fragment) => visit(fragment, { Variable: (node) => void used.add(node.name.value) }));
  const kept = (operation.variableDefinitions ?? []).filter((d) => used.has(d.variable.name.value));
  const paging = parse(`query($${AFTER}: String, $${FIRST}: Int) { a }`).definitions[0] as OperationDefinitionNode;
  const variableDefinitions = [...kept, ...(paging.variableDefinitions ?? [])];
  return print({ kind: Kind.DOCUMENT, definitions: [{ ...operation, selectionSet, variableDefinitions }, ...rest] });
}

function deepen(selection: SelectionSetNode, [key, ...rest]: string[]): SelectionSetNode {
  const selections = selection.selections.map((node) => {
    if (node.kind !== Kind.FIELD || (node.alias ?? node.name).value !== key || !node.selectionSet) return node;
    return rest.length > 0 ? { ...node, selectionSet: deepen(node.selectionSet, rest) } : paged(node);
  });
  return { ...selection, selections };
}

function paged(node: FieldNode): FieldNode {
  const like = parse(`{ a(after: $${AFTER}, first: $${FIRST}) { pageInfo { hasNextPage endCursor } totalCount } }`);
  const field = (like.definitions[0] as OperationDefinitionNode).selectionSet.selections[0] as FieldNode;
  const others = node.arguments?.filter((a) => a.name.value !== 'after' && a.name.value !== 'first') ?? [];
  const bare = node.selectionSet?.selections.filter(
    (s) => s.kind !== Kind.FIELD || !['pageInfo', 'totalCount'].includes(s.name.value),
  );
  const selections = [...(bare ?? []), ...(field.selectionSet?.selections ?? [])];
  return { ...node, arguments: [...others, ...(field.arguments ?? [])], selectionSet: { kind: Kind.SELECTION_SET, selections } };
}

interface Connection {
  nodes: unknown[];
  totalCount: number | null;
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

export interface Progress {
  read: number;
  total: number | null;
}

/** Every row of a connection, page after page. A page that is too heavy for the server is asked for in smaller ones. */
export async function allRows(
  operation: Operation,
  path: string[],
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<{ rows: unknown[] } | { problems: Problem[] }> {
  const rows: unknown[] = [];
  let after: string | null = null;
  let first = LARGEST;
  for (;;) {
    const variables = { ...operation.variables, [AFTER]: after, [FIRST]: first };
    const { data, problems } = await send({ ...operation, variables }, { signal });
    if (problems.some((p) => p.reason === 'TOO_COMPLEX') && first > SMALLEST) {
      first = Math.max(SMALLEST, Math.floor(first / 2));
      continue;
    }
    const page = at(data, path) as Connection | null | undefined;
    if (problems.length > 0 || !page) return { problems };
    rows.push(...page.nodes);
    onProgress({ read: rows.length, total: page.totalCount });
    const { hasNextPage, endCursor } = page.pageInfo;
    if (!hasNextPage || !endCursor || endCursor === after) return { rows };
    after = endCursor;
  }
}

/** Variables without those the paged document does not have. */
export function withoutPaging(variables: Record<string, unknown>, document: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => document.includes(`$${name}`)));
}
