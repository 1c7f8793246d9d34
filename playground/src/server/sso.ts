import { provedAgain, send } from './graphql';
import { type Problem, UNREACHABLE, problemsOf } from './problem';

/** What the town hall's own sign-in is wanted for. */
export type Purpose = 'SIGN_IN' | 'ELEVATE' | 'LINK';

const QUERY = 'query TownSignIn { identityProviders(first: 1) { nodes { issuer } } }';

/** The issuer of the sign-in that this municipality has of its own, if it has one. */
export async function townIssuer(municipality: string, signal?: AbortSignal): Promise<string | null> {
  const headers = { 'Entaku-Municipality': municipality };
  const { data } = await send({ query: QUERY, operationName: 'TownSignIn' }, { headers, signal });
  const list = data?.['identityProviders'] as { nodes: { issuer: string }[] } | null | undefined;
  return list?.nodes[0]?.issuer ?? null;
}

type Started = { location: string } | { problems: Problem[] };

/** Where to go for it; asked once more after a fresh proof where one is needed. */
export async function startTownSignIn(purpose: Purpose, municipality: string): Promise<Started> {
  const first = await startOnce(purpose, municipality);
  const needed = 'problems' in first && first.problems.some((p) => p.reason === 'STEP_UP');
  return needed && (await provedAgain()) ? startOnce(purpose, municipality) : first;
}

async function startOnce(purpose: Purpose, municipality: string): Promise<Started> {
  try {
    const response = await fetch('/sso/start', {
      method: 'POST',
      credentials: 'same-origin',
      headers: { Accept: 'application/json', 'Accept-Language': 'ja', 'Content-Type': 'application/json' },
      body: JSON.stringify({ purpose, municipality }),
    });
    const json: unknown = await response.json().catch(() => null);
    return response.ok ? (json as { location: string }) : { problems: problemsOf(json) };
  } catch {
    return { problems: [UNREACHABLE] };
  }
}
