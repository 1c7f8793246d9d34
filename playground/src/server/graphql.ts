import { type Problem, UNREACHABLE, ownProblem, problemsOf } from './problem';

/** One operation to be executed. */
export interface Operation {
  query: string;
  operationName?: string;
  variables?: Record<string, unknown>;
}

/** How it is to be executed. */
export interface Options {
  dryRun?: boolean;
  /** Sent with a mutation, so that repeating it does nothing twice. */
  idempotencyKey?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** What came back. */
export interface Answer {
  status: number;
  body: unknown;
  data: Record<string, unknown> | null;
  problems: Problem[];
}

/** Asks whoever is there for a fresh proof; tells whether it was given. */
export type Prover = () => Promise<boolean>;

let prover: Prover | null = null;

/** Who is asked when an act needs a fresh proof (FORBIDDEN/STEP_UP). */
export function onStepUp(next: Prover | null): void {
  prover = next;
}

/** Asks for a fresh proof; tells whether it was given. */
export async function provedAgain(): Promise<boolean> {
  return prover !== null && (await prover());
}

/** Sends one operation, and once more after a fresh proof where one is needed; never throws but when it is aborted. */
export async function send(operation: Operation, options: Options = {}): Promise<Answer> {
  const first = await sendOnce(operation, options);
  const proves = first.problems.some((p) => p.reason === 'STEP_UP') && (await provedAgain());
  return proves ? sendOnce(operation, options) : first;
}

async function sendOnce(operation: Operation, options: Options): Promise<Answer> {
  try {
    const response = await fetch('/graphql', {
      method: 'POST',
      credentials: 'same-origin',
      headers: headers(options),
      body: JSON.stringify(operation),
      signal: options.signal,
    });
    return answer(response.status, await response.json().catch(() => null));
  } catch (error) {
    if (options.signal?.aborted) throw error;
    return { status: 0, body: null, data: null, problems: [UNREACHABLE] };
  }
}

function headers(options: Options): Record<string, string> {
  const sent: Record<string, string> = {
    ...options.headers,
    Accept: 'application/graphql-response+json, application/json',
    'Accept-Language': 'ja',
    'Content-Type': 'application/json',
  };
  if (options.dryRun) sent['Entaku-Dry-Run'] = 'true';
  if (options.idempotencyKey) sent['Idempotency-Key'] = options.idempotencyKey;
  return sent;
}

function answer(status: number, body: unknown): Answer {
  const data = (body as { data?: Record<string, unknown> | null } | null)?.data ?? null;
  const problems = problemsOf(body);
  if (!data && problems.length === 0) {
    problems.push(ownProblem('UNAVAILABLE', `サーバーの答えを読めません(HTTP ${status})。`));
  }
  return { status, body, data, problems };
}

/** A random name for one act. `crypto.randomUUID` is missing where the page comes over plain http. */
export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
