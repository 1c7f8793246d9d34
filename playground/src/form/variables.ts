import {
  type GraphQLInputType,
  type GraphQLSchema,
  type VariableDefinitionNode,
  Kind,
  typeFromAST,
  valueFromASTUntyped,
} from 'graphql';
import type { ReadyDocument } from '../documents/document';
import { type Faults, type Value, emptyValue, toJson } from './value';
import { currentFiscalYear } from '../japanese/era';

/** A variable of a document, as a form asks for it. */
export interface Variable {
  name: string;
  type: GraphQLInputType;
  /** The root field and the argument it is given to, if it is. */
  argument: { field: string; name: string } | null;
}

/** The variables of a document. Paging is the page's business: `first` and `after` are not asked for. */
export function variablesOf(document: ReadyDocument, schema: GraphQLSchema): Variable[] {
  return (document.operation.variableDefinitions ?? []).flatMap((definition) => {
    const name = definition.variable.name.value;
    const type = typeFromAST(schema, definition.type as never) as GraphQLInputType | undefined;
    if (!type || name === 'after') return [];
    return [{ name, type, argument: argumentOf(document, name) }];
  });
}

function argumentOf(document: ReadyDocument, variable: string): Variable['argument'] {
  for (const selection of document.operation.selectionSet.selections) {
    if (selection.kind !== Kind.FIELD) continue;
    const found = selection.arguments?.find((a) => a.value.kind === Kind.VARIABLE && a.value.name.value === variable);
    if (found) return { field: selection.name.value, name: found.name.value };
  }
  return null;
}

/** What the form of a document starts with: defaults, and for a reading document its example. */
export function startOf(document: ReadyDocument, variables: Variable[]): Record<string, Value> {
  const reading = document.operation.operation === 'query';
  return Object.fromEntries(
    variables.map(({ name, type }) => {
      const given = defaultOf(document, name) ?? (reading ? document.example[name] : undefined);
      const fiscalYear = name === 'fiscalYear' ? String(currentFiscalYear(new Date())) : undefined;
      return [name, fiscalYear ?? scalarText(given) ?? emptyValue(type)];
    }),
  );
}

function defaultOf(document: ReadyDocument, name: string): unknown {
  const definitions: readonly VariableDefinitionNode[] = document.operation.variableDefinitions ?? [];
  const value = definitions.find((d) => d.variable.name.value === name)?.defaultValue;
  return value ? valueFromASTUntyped(value) : undefined;
}

/** The text of a plain value; nothing for an invented id, which an example cannot know. */
function scalarText(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && !value.includes('…') ? value : undefined;
}

/** A filled form as variables, and what is wrong with it. */
export function collect(variables: Variable[], values: Record<string, Value>): [Record<string, unknown>, Faults] {
  const faults: Faults = {};
  const entries = variables.flatMap(({ name, type }) => {
    const json = toJson(type, values[name], name, faults);
    return json === undefined ? [] : [[name, json] as const];
  });
  return [Object.fromEntries(entries), faults];
}
