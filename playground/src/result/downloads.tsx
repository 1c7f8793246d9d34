import { type ReactNode, useRef, useState } from 'react';
import { useConsole } from '../console';
import type { ReadyDocument } from '../documents/document';
import type { Operation } from '../server/graphql';
import type { Problem } from '../server/problem';
import { csv, download } from './csv';
import { type Format, exportAll, fetchFile } from './export';
import { type Progress, allRows, pagedDocument, withoutPaging } from './pages';
import { Problems } from './problems';
import type { Table } from './tables';

interface Props {
  document: ReadyDocument;
  table: Table;
  variables: Record<string, unknown>;
}

/**
 * A table as a file; of a connection, all pages of it. What is shown whole is written here. Else the server writes the
 * file for those who are signed in; for the public, who can ask for no export, the page reads on itself.
 */
export function Downloads({ document, table, variables }: Props): ReactNode {
  const { schema, session } = useConsole();
  const { progress, problems, run, stop } = useRunning();
  const paged = table.paged && document.operation.operation === 'query';
  const whole = !paged || (table.total !== null && table.rows.length >= table.total);
  const operationName = document.operation.name?.value;
  const save = (rows: unknown[]): void => {
    if (schema) download(fileName(table), csv(schema, table.columns, rows));
  };
  const byServer = (format: Format) =>
    run(async (tell, signal) => {
      const operation: Operation = { query: document.text, operationName, variables };
      const exported = await exportAll(operation, table.path, format, tell, signal);
      if (exported && 'url' in exported) fetchFile(exported.url);
      return exported && 'problems' in exported ? exported.problems : [];
    });
  const byPage = () =>
    run(async (tell, signal) => {
      const query = pagedDocument(document.ast, document.operation, table.path);
      const operation: Operation = { query, operationName, variables: withoutPaging(variables, query) };
      const read = await allRows(operation, table.path, tell, signal);
      if ('rows' in read) save(read.rows);
      return 'problems' in read ? read.problems : [];
    });
  const asCsv = (): void => {
    if (whole) save(table.rows);
    else void (session.signedIn ? byServer('CSV') : byPage());
  };
  if (progress) return <Running progress={progress} onStop={stop} />;
  return (
    <>
      <button type="button" className="quiet" onClick={asCsv}>
        {paged ? 'CSV(全件)' : 'CSV'}
      </button>
      {paged && session.signedIn && (
        <button type="button" className="quiet" onClick={() => void byServer('XLSX')}>
          Excel(全件)
        </button>
      )}
      <Problems problems={problems} />
    </>
  );
}

type Work = (tell: (progress: Progress) => void, signal: AbortSignal) => Promise<Problem[]>;

/** One download at a time, its progress and what went wrong. */
function useRunning() {
  const [progress, setProgress] = useState<Progress | null>(null);
  const [problems, setProblems] = useState<Problem[]>([]);
  const stopping = useRef<AbortController>(null);
  const run = async (work: Work): Promise<void> => {
    stopping.current = new AbortController();
    setProblems([]);
    setProgress({ read: 0, total: null });
    const found = await work(setProgress, stopping.current.signal).catch(() => []);
    setProgress(null);
    setProblems(found);
  };
  return { progress, problems, run, stop: () => stopping.current?.abort() };
}

function Running({ progress, onStop }: { progress: Progress; onStop(): void }): ReactNode {
  const { read, total } = progress;
  return (
    <span className="running" role="status">
      <progress max={total ?? undefined} value={total === null ? undefined : read} />
      {total === null ? `${read}件` : `${read} / ${total}件`}
      <button type="button" className="quiet" onClick={onStop}>
        中止
      </button>
    </span>
  );
}

/** 交付申請の一覧_20260520.csv */
function fileName(table: Table): string {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Tokyo', dateStyle: 'short' }).format(new Date());
  return `${table.title.replace(/[\\/:*?"<>|\s]/g, '_')}_${day.replaceAll('-', '')}.csv`;
}
