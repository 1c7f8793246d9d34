import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';

/** What stands in a form: text of a field, a list, or the fields of an input. `null` empties what is stored. */
export type Value = string | null | Value[] | { [name: string]: Value };

const NUMBERS = ['Int', 'Float', 'Yen', 'FiscalYear'];

/** How deep inputs are nested in a form; below, the input is written as JSON. */
export const DEEPEST = 2;

/** A form's value before anything is written into it. */
export function emptyValue(type: GraphQLInputType): Value {
  if (isNonNullType(type)) return emptyValue(type.ofType);
  if (isListType(type)) return [];
  return isInputObjectType(type) ? {} : '';
}

/** What is missing or cannot be read, by the path of the field. */
export type Faults = Record<string, string>;

/** A form's value as a variable; nothing where nothing was written. */
export function toJson(type: GraphQLInputType, value: Value | undefined, path: string, faults: Faults): unknown {
  if (isNonNullType(type)) return required(type.ofType, value, path, faults);
  if (value === null) return null;
  if (isListType(type)) return listToJson(type.ofType, value, path, faults);
  if (isInputObjectType(type)) return inputToJson(type, value, path, faults, false);
  return scalarToJson(type.name, value, path, faults);
}

function required(type: GraphQLInputType, value: Value | undefined, path: string, faults: Faults): unknown {
  if (isInputObjectType(type)) return inputToJson(type, value ?? {}, path, faults, true);
  const json = toJson(type, value, path, faults);
  if (json !== undefined && json !== null) return json;
  if (isListType(type)) return [];
  faults[path] ??= '入力してください';
  return undefined;
}

function listToJson(type: GraphQLInputType, value: Value | undefined, path: string, faults: Faults): unknown {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return value.map((item, i) => toJson(type, item, `${path}.${i}`, faults)).filter((item) => item !== undefined);
}

/** An input of which nothing is filled in is left out, unless it is required. */
function inputToJson(
  type: GraphQLInputObjectType,
  value: Value | undefined,
  path: string,
  faults: Faults,
  meant: boolean,
): unknown {
  if (typeof value === 'string') return jsonText(value, path, faults);
  const values = value && !Array.isArray(value) ? value : {};
  const inner: Faults = {};
  const entries = Object.values(type.getFields()).flatMap((field) => {
    const json = toJson(field.type, values[field.name], `${path}.${field.name}`, inner);
    return json === undefined ? [] : [[field.name, json] as const];
  });
  if (entries.length === 0 && !meant) return undefined;
  Object.assign(faults, inner);
  return Object.fromEntries(entries);
}

function jsonText(text: string, path: string, faults: Faults): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    faults[path] = 'JSON として読めません';
    return undefined;
  }
}

function scalarToJson(name: string, value: Value | undefined, path: string, faults: Faults): unknown {
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  if (name === 'Boolean') return value === 'true';
  if (!NUMBERS.includes(name)) return value;
  const number = numberOf(value);
  if (number !== null) return number;
  faults[path] = '数字で入力してください';
  return undefined;
}

/** A number as people write it: full-width, with commas, with 円. */
export function numberOf(text: string): number | null {
  const plain = text.normalize('NFKC').replace(/[,\s円]/g, '');
  const number = Number(plain);
  return plain !== '' && Number.isFinite(number) ? number : null;
}
