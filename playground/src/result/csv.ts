import type { GraphQLSchema } from 'graphql';
import { type Column, at } from './columns';
import { isNumeric, textOf } from './text';

const BOM = '\uFEFF';

/** Rows as CSV (RFC 4180) with the mark by which spreadsheets know UTF-8. */
export function csv(schema: GraphQLSchema, columns: Column[], rows: unknown[]): string {
  const head = columns.map((column) => quoted(column.label));
  const lines = rows.map((row) => columns.map((column) => cell(schema, column, row)));
  return BOM + [head, ...lines].map((line) => `${line.join(',')}\r\n`).join('');
}

function cell(schema: GraphQLSchema, column: Column, row: unknown): string {
  const text = textOf(schema, column, at(row, column.path), true);
  return quoted(isNumeric(column) ? text : harmless(text));
}

/** A text that a spreadsheet would take for a formula is marked as text; full-width signs count, too. */
function harmless(text: string): string {
  return /^[=+\-@=+-@\t\r\n]/.test(text) ? `'${text}` : text;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Gives a text to the browser as a file. */
export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
