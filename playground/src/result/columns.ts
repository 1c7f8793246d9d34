import {
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type SelectionSetNode,
  GraphQLList,
  getNamedType,
  getNullableType,
  isObjectType,
  Kind,
} from 'graphql';
import { label } from '../japanese/describe';

export type Fragments = Record<string, FragmentDefinitionNode | undefined>;

/** A field of a result: where it is, what it is called, what it holds. */
export interface Column {
  path: string[];
  label: string;
  /** The named type, and for lists of objects the columns of one. */
  type: string;
  inner: Column[] | null;
}

/** The columns of an object: its own fields, and those of the single objects below it. */
export function columnsOf(type: GraphQLObjectType, selection: SelectionSetNode, fragments: Fragments): Column[] {
  return selection.selections.flatMap((node): Column[] => {
    if (node.kind === Kind.INLINE_FRAGMENT) return columnsOf(type, node.selectionSet, fragments);
    if (node.kind === Kind.FRAGMENT_SPREAD) {
      const fragment = fragments[node.name.value];
      return fragment ? columnsOf(type, fragment.selectionSet, fragments) : [];
    }
    const field = type.getFields()[node.name.value];
    if (!field) return [];
    const key = node.alias?.value ?? node.name.value;
    const own: Column = { path: [key], label: label(field.description, key), type: getNamedType(field.type).name, inner: null };
    const below = getNamedType(field.type);
    if (!node.selectionSet || !isObjectType(below)) return [own];
    const inner = columnsOf(below, node.selectionSet, fragments);
    if (getNullableType(field.type) instanceof GraphQLList) return [{ ...own, inner }];
    return inner.map((c) => ({ ...c, path: [key, ...c.path], label: nested(own.label, c.label) }));
  });
}

function nested(outer: string, inner: string): string {
  return inner === 'ID' ? `${outer}(ID)` : `${outer} › ${inner}`;
}

/** The value at a path, or nothing. */
export function at(row: unknown, path: string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], row);
}
