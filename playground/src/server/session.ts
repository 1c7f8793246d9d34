import { type Problem, UNREACHABLE, problemsOf } from './problem';

/** Whether somebody is signed in, and what the server offers. The proof itself is a cookie no script can read. */
export interface Session {
  signedIn: boolean;
  /** Who, opaque. */
  account: string | null;
  /** The code of the municipality signed in to, or the server's own. */
  municipality: string | null;
  /** May the schema be read now? */
  introspection: boolean;
}

export interface Credentials {
  municipality: string;
  email: string;
  password: string;
  /** The one-time code of who has a second factor. */
  code?: string;
}

/** What somebody who is signed in proves once more who they are with. */
export type Proof = Pick<Credentials, 'password' | 'code'>;

export type Outcome = { session: Session } | { problems: Problem[] };

const PATH = '/playground/session';

export const readSession = (): Promise<Outcome> => ask('GET');
export const signIn = (credentials: Credentials): Promise<Outcome> => ask('POST', credentials);
export const proveAgain = (proof: Proof): Promise<Outcome> => ask('PATCH', proof);
export const renewSession = (): Promise<Outcome> => ask('PUT');
export const signOut = (): Promise<Outcome> => ask('DELETE');

async function ask(method: string, body?: Credentials | Proof): Promise<Outcome> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': 'ja' };
  if (body) headers['Content-Type'] = 'application/json';
  try {
    const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' };
    const response = await fetch(PATH, body ? { ...init, body: JSON.stringify(body) } : init);
    const json: unknown = await response.json().catch(() => null);
    if (response.ok) return { session: json as Session };
    return { problems: problemsOf(json) };
  } catch {
    return { problems: [UNREACHABLE] };
  }
}
