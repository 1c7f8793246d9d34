import { type Operation, freshKey, send } from '../server/graphql';
import { type Problem, UNREACHABLE, ownProblem } from '../server/problem';
import type { Progress } from './pages';

export type Format = 'CSV' | 'XLSX';

/** What came of an export: where the file is, or why there is none; nothing when it was stopped. */
export type Exported = { url: string } | { problems: Problem[] } | null;

interface State {
  state: 'QUEUED' | 'RUNNING' | 'DONE' | 'FAILED' | 'CANCELLED' | 'EXPIRED';
  rowsDone: number;
  rowsTotal: number | null;
  failureCode: string | null;
  failureMessage: string | null;
  downloadUrl: string | null;
}

const CREATE = 'mutation ExportCreate($input: ExportCreateInput!) { exportCreate(input: $input) { id } }';
const CANCEL = 'mutation ExportCancel($id: ID!) { exportCancel(id: $id) { id } }';
const READ = `query Export($id: ID!) {
  export(id: $id) { state rowsDone rowsTotal failureCode failureMessage downloadUrl }
}`;

/** How often it is asked how far the server is. */
const PERIOD = 700;
/** How often in a row the server may be out of reach. */
const PATIENCE = 20;

/** Has the server write all pages of a connection, and tells how far it is. */
export async function exportAll(
  operation: Operation,
  path: string[],
  format: Format,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Exported> {
  const { query: document, operationName, variables } = operation;
  const input = { document, operationName, variables, path, format };
  const asked = await send({ query: CREATE, variables: { input } }, { idempotencyKey: freshKey() });
  const id = (asked.data?.['exportCreate'] as { id: string } | undefined)?.id;
  if (!id) return { problems: asked.problems };
  const exported = await wait(id, onProgress, signal);
  if (exported === null) await send({ query: CANCEL, variables: { id } });
  return exported;
}

async function wait(id: string, onProgress: (progress: Progress) => void, signal: AbortSignal): Promise<Exported> {
  for (let missed = 0; missed < PATIENCE; ) {
    await new Promise((go) => setTimeout(go, PERIOD));
    if (signal.aborted) return null;
    const { data, problems, status } = await send({ query: READ, variables: { id } });
    const now = data?.['export'] as State | null | undefined;
    if (!now && (status === 0 || status >= 500 || status === 429)) {
      missed += 1;
      continue;
    }
    if (!now) return { problems };
    missed = 0;
    onProgress({ read: now.rowsDone, total: now.rowsTotal });
    if (now.state === 'DONE' && now.downloadUrl) return { url: now.downloadUrl };
    if (now.state === 'CANCELLED') return { problems: [] };
    if (now.state === 'FAILED') return { problems: [failure(now)] };
  }
  return { problems: [UNREACHABLE] };
}

function failure({ failureCode, failureMessage }: State): Problem {
  const [code, reason] = (failureCode ?? 'INTERNAL').split('/');
  return { ...ownProblem(code ?? 'INTERNAL', failureMessage ?? ''), reason };
}

/** Fetches a file by its address; the server says that it is one and what it is called. */
export function fetchFile(url: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = '';
  link.click();
}
