import { type DocumentNode, type OperationDefinitionNode, Kind, parse } from 'graphql';

/** A file as the server gives it. */
export interface Source {
  /** `25-grant-programmes-read` */
  name: string;
  kind: 'report' | 'story';
  text: string;
}

/** A document that is ready to be run from its form. */
export interface ReadyDocument {
  name: string;
  group: string;
  title: string;
  /** What it is and who does it, in the words of its comment. */
  comment: string;
  /** Roles its comment names; empty if it names none. */
  roles: string[];
  example: Record<string, unknown>;
  text: string;
  ast: DocumentNode;
  operation: OperationDefinitionNode;
}

/** Acts on credentials are the page's own business: no token is shown in it. */
const NOT_HERE = ['sessionSignIn', 'sessionRefresh', 'sessionElevate', 'sessionEnd'];

const GROUPS: [RegExp, string][] = [
  [/^(grant|ledger)/, '交付金'],
  [/^roundtable/, '地域円卓会議'],
  [/^challenge/, 'チャレンジ事業'],
  [/^liaison/, '地域担当職員'],
  [/^(strateg|indicator)/, '総合戦略'],
  [/^(organization|officer|district)/, '地区と地域組織'],
];

export const REPORTS = '帳票';

/** The documents the forms are made for. */
export function readyDocuments(sources: Source[]): ReadyDocument[] {
  return sources.map(readyDocument).filter((document) => document !== null);
}

function readyDocument(source: Source): ReadyDocument | null {
  const ast = parse(source.text);
  const operation = ast.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  if (!operation || rootFields(operation).some((field) => NOT_HERE.includes(field))) return null;
  const lines = commentLines(source.text);
  const comment = lines.filter((line) => !/^(変数の例|例|役割)[::]/.test(line) && !/^[{}"[\]]/.test(line)).join('');
  const group = source.kind === 'report' ? REPORTS : groupOf(source.name);
  const title = titleOf(comment);
  const { name, text } = source;
  return { name, group, title, comment: comment.startsWith(`${title}。`) ? comment.slice(title.length + 1) : comment, roles: rolesIn(lines), example: exampleIn(lines), text, ast, operation };
}

function rootFields(operation: OperationDefinitionNode): string[] {
  return operation.selectionSet.selections.flatMap((s) => (s.kind === Kind.FIELD ? [s.name.value] : []));
}

function groupOf(name: string): string {
  const bare = name.replace(/^\d+-/, '');
  return GROUPS.find(([pattern]) => pattern.test(bare))?.[1] ?? '利用者と設定';
}

function commentLines(text: string): string[] {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('#'));
  return lines.slice(0, end < 0 ? lines.length : end).map((line) => line.replace(/^#\s?/, '').trim());
}

/** 「企画担当職員(PLANNING_STAFF)が、戦略の案を作る。…」→「戦略の案を作る」 */
function titleOf(comment: string): string {
  const sentence = comment.replace(/^(だれでも|誰でも)。/, '').split('。')[0] ?? comment;
  const act = sentence.replace(/[((][^))]*[))]/g, '').replace(/^.*?が、/, '').replace(/^(だれでも|誰でも)、?/, '');
  return act.trim() || sentence;
}

/** Words for those who act, and the roles they have. */
const ACTORS: [string, string][] = [
  ['交付金担当', 'GRANT_STAFF'],
  ['企画担当', 'PLANNING_STAFF'],
  ['決裁者', 'APPROVER'],
  ['支出担当者', 'PAYER'],
  ['役員', 'ORG_OFFICER'],
  ['会計', 'ORG_ACCOUNTANT'],
  ['地域担当職員', 'LIAISON'],
  ['審査員', 'REVIEWER'],
  ['監査担当', 'AUDITOR'],
  ['管理者', 'ADMIN'],
];

/** Who acts stands before 「が、」 or in parentheses, in Japanese, as the name of a role, or both. */
function rolesIn(lines: string[]): string[] {
  const first = lines[0]?.split('。')[0] ?? '';
  const actors = /^(.*?)が、/.exec(first)?.[1] ?? /[((]([^))]*)[))]/.exec(first)?.[1] ?? '';
  const declared = lines.find((line) => /^役割[::]/.test(line)) ?? '';
  const words = declared ? [] : ACTORS.filter(([word]) => actors.includes(word)).map(([, role]) => role);
  const names = `${declared} ${actors}`.match(/\b[A-Z]{3,}(?:_[A-Z]+)*\b/g) ?? [];
  return [...new Set([...words, ...names])];
}

function exampleIn(lines: string[]): Record<string, unknown> {
  const text = lines.join('\n');
  const start = text.indexOf('{', text.search(/例[::]/));
  if (start < 0 || !/例[::]/.test(text)) return {};
  try {
    return JSON.parse(text.slice(start, text.lastIndexOf('}') + 1)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
