/** One rule that the input breaks. */
export interface Violation {
  path: string;
  rule: string;
  message: string;
}

/** What went wrong, as the server codes it (docs/errors.md). */
export interface Problem {
  message: string;
  /** What kind of problem it is, where the code alone would say it badly. */
  heading?: string;
  code: string;
  reason?: string;
  fields: Violation[];
  requestId?: string;
  path?: string;
}

interface CodedError {
  message?: string;
  path?: (string | number)[];
  extensions?: { code?: string; reason?: string; fields?: Violation[]; requestId?: string };
}

/** A problem of this page's own, where the server has said nothing. */
export function ownProblem(code: string, message: string): Problem {
  return { code, message, fields: [] };
}

export const UNREACHABLE = ownProblem(
  'NETWORK',
  'サーバーにつながりません。庁内ネットワークの状態を確かめて、もう一度実行してください。',
);

/** The problems in an answer. */
export function problemsOf(body: unknown): Problem[] {
  const errors = (body as { errors?: CodedError[] } | null)?.errors;
  return Array.isArray(errors) ? errors.map(problemOf) : [];
}

function problemOf(error: CodedError): Problem {
  const { code = 'INTERNAL', reason, fields = [], requestId } = error.extensions ?? {};
  const path = error.path?.join(' › ');
  return { message: error.message ?? '', code, fields, reason, requestId, path };
}

const HEADINGS: Record<string, string> = {
  NETWORK: '通信できません',
  UNAUTHENTICATED: 'サインインが必要です',
  NOT_FOUND: '見つかりません',
  FORBIDDEN: 'この操作はできません',
  INVALID_INPUT: '入力を確かめてください',
  CONFLICT: '今はできません',
  RATE_LIMITED: '回数が多すぎます。しばらく待ってください',
  UNAVAILABLE: '混み合っています。少し待ってもう一度実行してください',
  INTERNAL: 'サーバーの不具合です。受付番号を添えて管理者に知らせてください',
  BAD_REQUEST: '要求が正しくありません',
  GRAPHQL_PARSE_FAILED: 'GraphQL文書を読めません',
  GRAPHQL_VALIDATION_FAILED: 'GraphQL文書が正しくありません',
};

const REASONS: Record<string, string> = {
  SECOND_FACTOR_REQUIRED: '確認コードが必要です',
  SECOND_FACTOR_WRONG: '確認コードが違います',
  STEP_UP: '本人であることを確かめてください',
};

/** What kind of problem it is, in a few words. */
export function headingOf(problem: Problem): string {
  return problem.heading ?? REASONS[problem.reason ?? ''] ?? HEADINGS[problem.code] ?? '処理できませんでした';
}
