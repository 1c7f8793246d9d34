import { type GraphQLSchema, isEnumType } from 'graphql';
import { eraDate, japaneseTime } from '../japanese/era';
import { type Column, at } from './columns';

/** A value as people read it: in the table with the Japanese era, in a file without. */
export function textOf(schema: GraphQLSchema, column: Column, value: unknown, inFile: boolean): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map((item) => textOf(schema, column, item, inFile)).join(inFile ? '; ' : '\n');
  if (column.inner) return column.inner.map((c) => textOf(schema, c, at(value, c.path), inFile)).filter(Boolean).join(' ');
  if (typeof value === 'boolean') return value ? 'はい' : 'いいえ';
  const type = schema.getType(column.type);
  if (isEnumType(type)) return type.getValue(String(value))?.description ?? String(value);
  if (typeof value === 'object') return JSON.stringify(value);
  return inFile ? String(value) : scalarText(column.type, value);
}

function scalarText(type: string, value: unknown): string {
  if (type === 'Yen' && typeof value === 'number') return `${value.toLocaleString('ja-JP')}円`;
  if (type === 'DateTime') return japaneseTime(String(value));
  if (type === 'Date') return `${String(value)}\n${eraDate(String(value))}`;
  return String(value);
}

/** Is the column of numbers? */
export function isNumeric(column: Column): boolean {
  return !column.inner && ['Int', 'Float', 'Yen', 'Decimal'].includes(column.type);
}

/** How a column is set: numbers at the right, dates and ids in one piece. */
export function classOf(column: Column): string | undefined {
  if (isNumeric(column)) return 'number';
  if (column.inner) return undefined;
  return { Date: 'when', DateTime: 'when', ID: 'id' }[column.type];
}
